# Part of the SPP attendance suite. LGPL-3.
"""An entitlement to a quantity of goods, at a service point if one is named."""

from odoo import api, fields, models


class EntitlementInkind(models.Model):
    _name = "spp.entitlement.inkind"
    _description = "In-Kind Entitlement"
    _inherit = "spp.entitlement.mixin"
    _order = "id desc"

    _FROZEN_FIELDS = frozenset({"partner_id", "cycle_id", "product_id", "quantity", "unit_price", "uom_id"})

    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="restrict")
    quantity = fields.Integer(default=1)
    unit_price = fields.Monetary(currency_field="currency_id")
    uom_id = fields.Many2one("uom.uom", string="Unit of Measure")
    total_amount = fields.Monetary(compute="_compute_total_amount", currency_field="currency_id")
    service_point_id = fields.Many2one("spp.service.point", index="btree_not_null")
    inkind_item_id = fields.Many2one(
        "spp.program.entitlement.manager.inkind.item", string="Entitlement Item", index="btree_not_null", readonly=True
    )

    _code_unique = models.Constraint("UNIQUE(code)", "Another entitlement has this code already.")
    _cycle_partner_idx = models.Index("(cycle_id, partner_id)")

    @api.depends("product_id", "quantity")
    def _compute_name(self):
        for entitlement in self:
            entitlement.name = self.env._(
                "Entitlement %(quantity)s x %(product)s",
                quantity=entitlement.quantity,
                product=entitlement.product_id.display_name or "",
            )

    @api.depends("quantity", "unit_price")
    def _compute_total_amount(self):
        for entitlement in self:
            entitlement.total_amount = entitlement.quantity * entitlement.unit_price
