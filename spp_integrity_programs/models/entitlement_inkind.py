# Part of the SPP attendance suite. LGPL-3.
"""In-kind entitlements are guarded."""

from odoo import fields, models


class EntitlementInkind(models.Model):
    _name = "spp.entitlement.inkind"
    _inherit = ["spp.entitlement.guard.mixin", "spp.entitlement.inkind"]

    _fixed_fields = ("inkind_item_id",)
    _frozen_fields = ("product_id", "quantity", "unit_price", "uom_id")

    quantity = fields.Integer(tracking=True)
    product_id = fields.Many2one(tracking=True)
    unit_price = fields.Monetary(tracking=True)
    partner_id = fields.Many2one(tracking=True)
    cycle_id = fields.Many2one(tracking=True)
