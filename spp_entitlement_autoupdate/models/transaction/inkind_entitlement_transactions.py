# Part of the SPP attendance suite. LGPL-3.
"""The book of goods: quantities, converted exactly into the unit of the entitlement."""

from decimal import Decimal
from fractions import Fraction

from odoo import api, fields, models

from .booking_entry import Refusal


class InkindEntitlementTransactions(models.Model):
    _name = "spp.inkind.entitlement.transactions"
    _inherit = ["spp.entitlement.transaction.mixin"]
    _description = "In-Kind Redemption Transaction"

    _redemption_measure = "quantity"
    _redemption_kind = "inkind"

    entitlement_id = fields.Many2one("spp.entitlement.inkind")
    purchase_id = fields.Many2one(
        "spp.inkind.entitlement.transactions",
        string="Voided Purchase",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The purchase that this void takes back.",
    )
    product_id = fields.Many2one("product.product", required=True, readonly=True, ondelete="restrict")
    uom_id = fields.Many2one("uom.uom", string="Unit", required=True, readonly=True, ondelete="restrict")
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    sent_quantity = fields.Float(
        digits=(16, 6), readonly=True, help="The quantity as the service point sent it, in its own unit."
    )
    sent_uom_id = fields.Many2one("uom.uom", string="Unit as Sent", readonly=True, ondelete="restrict")
    quantity_remaining = fields.Float(
        string="Remaining at Service Point",
        digits="Product Unit",
        readonly=True,
        help="What was left according to the service point.",
    )

    def _read_item(self, item):
        vals = super()._read_item(item)
        vals["product_id"] = self._read_id(item, "product_id")
        vals["sent_uom_id"] = self._read_id(item, "uom_id")
        vals["sent_quantity"] = vals["quantity"]
        vals["quantity_remaining"] = self._read_number(item, "quantity_remaining")
        vals["amount_charged_by_service_point"] = self._read_number(item, "amount_charged_by_service_point")
        if vals["amount_charged_by_service_point"] < 0:
            raise Refusal("not_positive", self.env._("The amount of a transaction cannot be below zero."))
        return vals

    def _check_currency(self, vals, entitlement, book):
        """Goods may be handed out without an amount; the row is then in the currency of the entitlement."""
        if not vals["currency"] and not vals["amount_charged_by_service_point"]:
            vals["currency"] = entitlement._redemption_currency().name
        super()._check_currency(vals, entitlement, book)

    def _open_book_extra(self, items, entitlements):
        named = {vals["sent_uom_id"] for vals in items} - {False}
        return {"units": {unit.id: unit for unit in self.env["uom.uom"].search([("id", "in", list(named))])}}

    def _convert_measure(self, vals, entitlement, book):
        """Count what was handed out in the unit of the entitlement, exactly or not at all."""
        unit = entitlement._redemption_unit()
        sent_unit = book["units"].get(vals["sent_uom_id"]) if vals["sent_uom_id"] else unit
        vals.update(uom_id=unit.id, sent_uom_id=sent_unit.id if sent_unit else False)
        if sent_unit == unit:
            return
        factor = sent_unit and self._unit_factor(sent_unit, unit)
        if not factor:
            raise Refusal(
                "other",
                self.env._("The entitlement is counted in %s. Send the quantity in that unit.", unit.display_name),
            )
        quantity = Fraction(vals["quantity"]) * factor
        steps = quantity / Fraction(str(entitlement._redemption_rounding()))
        if steps.denominator != 1:
            raise Refusal(
                "other",
                self.env._(
                    "%(quantity)s %(sent)s cannot be counted exactly in %(unit)s. Send the quantity in %(unit)s.",
                    quantity=f"{vals['sent_quantity'].normalize():f}",
                    sent=sent_unit.display_name,
                    unit=unit.display_name,
                ),
            )
        vals["quantity"] = Decimal(quantity.numerator) / Decimal(quantity.denominator)
        vals["quantity_remaining"] = entitlement._redemption_exact(float(Fraction(vals["quantity_remaining"]) * factor))

    @api.model
    def _unit_factor(self, unit, target):
        """How many of the target unit one unit is, as an exact fraction; None when they measure different things."""
        roots, factors = [], []
        for start in (unit, target):
            factor, current = Fraction(1), start
            while current.relative_uom_id:
                factor *= Fraction(str(current.relative_factor))
                current = current.relative_uom_id
            roots.append(current)
            factors.append(factor)
        return factors[0] / factors[1] if roots[0] == roots[1] else None

    def _check_measure(self, vals, entitlement):
        super()._check_measure(vals, entitlement)
        if vals["product_id"] and vals["product_id"] != entitlement.product_id.id:
            raise Refusal(
                "other",
                self.env._("The entitlement is for %s. Hand out that product.", entitlement.product_id.display_name),
            )
        vals["product_id"] = entitlement.product_id.id
