# Part of the SPP attendance suite. LGPL-3.
"""Cash entitlements are guarded."""

from odoo import models


class Entitlement(models.Model):
    _name = "spp.entitlement"
    _inherit = ["spp.entitlement.guard.mixin", "spp.entitlement"]
