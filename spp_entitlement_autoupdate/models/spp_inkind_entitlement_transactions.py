# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models
from odoo.exceptions import UserError


class SppInkindEntitlementTransactions(models.Model):
    _name = "spp.inkind.entitlement.transactions"
    _inherit = ["spp.entitlement.transaction.mixin"]
    _description = "In-Kind Redemption Transaction"

    _redemption_measure = "quantity"

    entitlement_id = fields.Many2one("spp.entitlement.inkind")
    purchase_id = fields.Many2one(
        "spp.inkind.entitlement.transactions",
        string="Voided Purchase",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The purchase that this void takes back.",
    )
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", required=True, readonly=True)
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    quantity_remaining = fields.Float(
        string="Remaining at Service Point",
        digits="Product Unit",
        readonly=True,
        help="What was left according to the service point.",
    )

    def _read_item(self, item):
        vals = super()._read_item(item)
        vals["product_id"] = self._read_id(item, "product_id")
        vals["uom_id"] = self._read_id(item, "uom_id")
        vals["quantity_remaining"] = self._read_number(item, "quantity_remaining")
        vals["amount_charged_by_service_point"] = self._read_number(item, "amount_charged_by_service_point")
        if vals["amount_charged_by_service_point"] < 0:
            raise UserError(self.env._("The amount of a transaction cannot be below zero."))
        return vals

    def _check_currency(self, vals, entitlement, book):
        """Goods may be handed out without an amount; the row is then in the currency of the entitlement."""
        if not vals["currency"] and not vals["amount_charged_by_service_point"]:
            vals["currency"] = entitlement._redemption_currency().name
        super()._check_currency(vals, entitlement, book)

    def _check_measure(self, vals, entitlement):
        super()._check_measure(vals, entitlement)
        unit = entitlement._redemption_unit()
        if vals["product_id"] and vals["product_id"] != entitlement.product_id.id:
            raise UserError(
                self.env._("The entitlement is for %s. Hand out that product.", entitlement.product_id.display_name)
            )
        if vals["uom_id"] and vals["uom_id"] != unit.id:
            raise UserError(
                self.env._("The entitlement is counted in %s. Send the quantity in that unit.", unit.display_name)
            )
        vals.update(product_id=entitlement.product_id.id, uom_id=unit.id)
