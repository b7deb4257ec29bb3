# Part of the SPP attendance suite. LGPL-3.
"""Cash entitlements show what transactions left of them, and what redeemed money their program has spent."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now


class Entitlement(models.Model):
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
    expired_value = fields.Monetary(
        string="Expired", readonly=True, copy=False, default=0.0, help="What expired when the cycle ended."
    )
    carried_value = fields.Monetary(
        string="Carried Over", readonly=True, copy=False, default=0.0, help="What was carried over to the next cycle."
    )
    carried_to_id = fields.Many2one(
        "spp.entitlement", string="Carried Over To", readonly=True, copy=False, index="btree_not_null"
    )
    carried_from_id = fields.Many2one("spp.entitlement", readonly=True, copy=False, index="btree_not_null")

    _closing_idx = models.Index("(cycle_id, id)")
    _to_carry_over_idx = models.Index("(cycle_id) WHERE carried_value > 0 AND carried_to_id IS NULL")
    _carried_once = models.UniqueIndex(
        "(carried_from_id) WHERE carried_from_id IS NOT NULL AND state != 'cancelled'",
        "What was left of this entitlement has been carried over already.",
    )

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
            ("valid_until", "<", database_now(self.env).date()),
            ("cycle_id.state", "=", "ended"),
        ]
        batch = self.search(overdue, limit=batch_size, order="id")
        if batch:
            target = SQL(
                """
                SELECT e.id, e.state AS old_state, COALESCE(e.expired_value, 0) AS old_expired,
                       COALESCE(e.carried_value, 0) AS old_carried,
                       e.entitlement_balance AS old_balance, 'expired' AS new_state,
                       e.entitlement_balance - COALESCE(e.carried_value, 0) AS new_expired,
                       COALESCE(e.carried_value, 0) AS new_carried, e.carried_to_id, e.entitlement_balance AS balance
                  FROM spp_entitlement e
                 WHERE e.id = ANY(%s)
                """,
                batch.ids,
            )
            self.env["spp.entitlement.state.change"]._apply_and_log(self._name, target, "calendar", self.env.user)
        return len(batch), self.search_count(overdue)

    def _redemption_rounding(self):
        return self._redemption_currency().rounding

    def _redemption_text(self, value):
        return self._redemption_currency().format(value)

    @api.model
    def _sum_redeemed_funds(self, program_id):
        """Amount of the entitlements of a program that were redeemed, wholly or in part, less what has lapsed of them."""
        # sudo: money of all areas was spent; only the sum is told
        [(total, expired, carried)] = self.sudo()._read_group(
            [("cycle_id.program_id", "=", program_id), ("state", "in", ("rdpd2ben", "parrdpd2ben"))],
            aggregates=["initial_amount:sum", "expired_value:sum", "carried_value:sum"],
        )
        return total - expired - carried

    def _closing_unit(self, cycle):
        currency = cycle.currency_id or cycle.program_id.currency_id
        return SQL(), SQL("%s::integer", currency.id), "currency_id"
