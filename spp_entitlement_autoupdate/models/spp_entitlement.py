# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models


class SppEntitlement(models.Model):
    _name = "spp.entitlement"
    _inherit = ["spp.entitlement", "spp.entitlement.redemption.mixin"]

    _redemption_initial = "initial_amount"
    _redemption_model = "spp.entitlement.transactions"

    # A partly paid entitlement must never look unpaid again: uninstalling leaves it as paid.
    state = fields.Selection(
        selection_add=[("trans2FSP",), ("parrdpd2ben", "Partially Redeemed/Paid to Beneficiary"), ("rdpd2ben",)],
        ondelete={"parrdpd2ben": "set rdpd2ben"},
    )
    transaction_ids = fields.One2many("spp.entitlement.transactions", "entitlement_id", string="Transactions")
    state_change_ids = fields.One2many("spp.entitlement.state.change", "entitlement_id", string="State Changes")
    entitlement_balance = fields.Monetary(
        string="Balance Left",
        compute="_compute_entitlement_balance",
        store=True,
        help="Initial amount less purchases plus voids.",
    )

    balance = fields.Monetary(compute="_compute_balance_left", help="What is left of the entitlement.")

    _closing_idx = models.Index("(cycle_id, id)")

    @api.depends("entitlement_balance")
    def _compute_balance_left(self):
        """The host's balance knows no redemption and always shows the initial amount."""
        for entitlement in self:
            entitlement.balance = entitlement.entitlement_balance

    @api.depends("state")
    def _compute_approval_state(self):
        super()._compute_approval_state()
        self.filtered(lambda entitlement: entitlement.state == "parrdpd2ben").approval_state = "approved"

    @api.autovacuum
    def _gc_mark_expired_entitlement(self, batch_size=1000):
        """Let approved entitlements of ended cycles run out once their last day has passed.

        Those of running cycles are left alone, whatever the calendar says: the end of the cycle gives them their state
        from what was redeemed, and would pass over expired ones. Hence the host's method is not called.
        """
        overdue = [
            ("state", "=", "approved"),
            ("valid_until", "<", fields.Date.today()),
            ("cycle_id.state", "=", "ended"),
        ]
        batch = self.search(overdue, limit=batch_size, order="id")
        batch.write({"state": "expired"})
        return len(batch), self.search_count(overdue)

    def _redemption_rounding(self):
        return self._redemption_currency().rounding

    def _redemption_text(self, value):
        return self._redemption_currency().format(value)

    @api.model
    def _sum_redeemed_funds(self, program_id):
        """Amount of the entitlements of a program that were redeemed, wholly or in part."""
        [(total,)] = self.sudo()._read_group(
            [("cycle_id.program_id", "=", program_id), ("state", "in", ("rdpd2ben", "parrdpd2ben"))],
            aggregates=["initial_amount:sum"],
        )
        return total
