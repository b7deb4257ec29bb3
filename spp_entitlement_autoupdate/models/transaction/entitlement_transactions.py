# Part of the SPP attendance suite. LGPL-3.
"""The book of money: amounts that service points paid out or took back."""

from odoo import fields, models


class EntitlementTransactions(models.Model):
    _name = "spp.entitlement.transactions"
    _inherit = ["spp.entitlement.transaction.mixin"]
    _description = "Cash Redemption Transaction"

    _redemption_measure = "amount_charged_by_service_point"
    _redemption_kind = "cash"

    purchase_id = fields.Many2one(
        "spp.entitlement.transactions",
        string="Voided Purchase",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The purchase that this void takes back.",
    )
    value_remaining = fields.Monetary(
        string="Remaining at Service Point", readonly=True, help="What was left according to the service point."
    )

    def _read_item(self, item):
        vals = super()._read_item(item)
        vals["value_remaining"] = self._read_number(item, "value_remaining")
        return vals
