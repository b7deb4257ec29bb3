# Part of the SPP attendance suite. LGPL-3.
"""In-kind entitlements are guarded."""

from odoo import models


class EntitlementInkind(models.Model):
    _name = "spp.entitlement.inkind"
    _inherit = ["spp.entitlement.guard.mixin", "spp.entitlement.inkind"]

    _fixed_fields = ("inkind_item_id",)
