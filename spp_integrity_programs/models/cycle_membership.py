# Part of the SPP attendance suite. LGPL-3.
"""A membership stays that of its registrant and cycle."""

from odoo import models


class CycleMembership(models.Model):
    _name = "spp.cycle.membership"
    _inherit = ["spp.cycle.membership", "spp.guarded.fields.mixin"]

    _fixed_fields = ("partner_id", "cycle_id")
