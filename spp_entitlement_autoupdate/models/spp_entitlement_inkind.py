# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models


class SppEntitlementInkind(models.Model):
    _name = "spp.entitlement.inkind"
    _inherit = ["spp.entitlement.inkind", "spp.entitlement.redemption.mixin"]

    _redemption_initial = "quantity"
    _redemption_model = "spp.inkind.entitlement.transactions"

    # A partly delivered entitlement must never look undelivered again: uninstalling leaves it as delivered.
    state = fields.Selection(
        selection_add=[("trans2FSP",), ("parrdpd2ben", "Partially Redeemed/Paid to Beneficiary"), ("rdpd2ben",)],
        ondelete={"parrdpd2ben": "set rdpd2ben"},
    )
    transaction_ids = fields.One2many("spp.inkind.entitlement.transactions", "entitlement_id", string="Transactions")
    state_change_ids = fields.One2many("spp.entitlement.state.change", "inkind_entitlement_id", string="State Changes")
    entitlement_balance = fields.Float(
        string="Balance Left",
        digits="Product Unit",
        compute="_compute_entitlement_balance",
        store=True,
        help="Entitled quantity less purchases plus voids.",
    )

    _closing_idx = models.Index("(cycle_id, id)")

    @api.depends("state")
    def _compute_approval_state(self):
        super()._compute_approval_state()
        self.filtered(lambda entitlement: entitlement.state == "parrdpd2ben").approval_state = "approved"

    def _redemption_rounding(self):
        return 10 ** -self.env["decimal.precision"].precision_get("Product Unit")

    def _redemption_unit(self):
        """Unit in which the quantity is counted."""
        return self.uom_id or self.product_id.uom_id

    def _redemption_text(self, value):
        return f"{value:g} {self._redemption_unit().display_name}"
