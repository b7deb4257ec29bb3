# Part of the SPP attendance suite. LGPL-3.
"""Cash entitlements are guarded."""

from odoo import fields, models


class Entitlement(models.Model):
    _name = "spp.entitlement"
    _inherit = ["spp.entitlement.guard.mixin", "spp.entitlement"]

    _frozen_fields = ("initial_amount", "is_cash_entitlement")

    initial_amount = fields.Monetary(tracking=True)
    partner_id = fields.Many2one(tracking=True)
    cycle_id = fields.Many2one(tracking=True)
