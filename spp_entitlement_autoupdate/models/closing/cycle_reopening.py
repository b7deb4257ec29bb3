# Part of the SPP attendance suite. LGPL-3.
"""An ended cycle is opened again: what its end did is taken back, but for what was built on it."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..entitlement.entitlement_state_change import REFERENCES

# States in which a carried-over entitlement has not been used by the next cycle
UNUSED_STATES = ("draft", "pending_validation")


class CycleReopening(models.Model):
    """An ended cycle that was opened again: by whom, why, and what it changed. Written once, never changed."""

    _name = "spp.cycle.reopening"
    _inherit = ["spp.append.only.mixin"]
    _description = "Reopening of a Cycle"
    _order = "id desc"
    _rec_name = "cycle_id"
    _company_path = "cycle_id.program_id.company_id"
    _append_only_anonymise = ("reason",)

    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True, index=True, ondelete="restrict")
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Reopened By", required=True, readonly=True, default=lambda self: self.env.user
    )
    date = fields.Datetime(string="Reopened On", required=True, readonly=True, default=fields.Datetime.now)
    change_ids = fields.One2many("spp.entitlement.state.change", "reopening_id", string="Changes", readonly=True)

    @api.model
    def _reopen(self, cycle, reason):
        """Open an ended cycle again and take back what its end did to the entitlements.

        What was carried over is taken back as long as the next cycle has not approved it; what it has stays carried over
        and can no longer be redeemed in this cycle.

        :param cycle: one spp.cycle
        :param str reason: why, for everybody to read
        :return: the reopening
        :raise UserError: a correction run of the cycle has not come to its end
        """
        cycle._lock_for_closing()
        if self.env["spp.cycle.closing"]._find_open(cycle):
            raise UserError(
                self.env._(
                    "A correction of %s has not come to its end. Let it finish, or waive its exceptions, and try again.",
                    cycle.display_name,
                )
            )
        reopening = self.create({"cycle_id": cycle.id, "reason": reason})
        for model in REFERENCES:
            reopening._take_back(model)
            reopening._cancel_carried_over(model)
        reopening.invalidate_recordset(["change_ids"])
        cycle.write({"state": cycle.STATE_DISTRIBUTED})
        cycle.message_post(body=self.env._("Reopened: %s", reason))
        return reopening

    @api.model
    def _count_used(self, cycle):
        """How many entitlements that were carried over from `cycle` the next one has used."""
        return sum(
            self.env[model].search_count(
                [
                    ("cycle_id", "=", cycle.id),
                    ("carried_to_id.state", "not in", (*UNUSED_STATES, "cancelled")),
                    ("carried_to_id", "!=", False),
                ]
            )
            for model in REFERENCES
        )

    def _take_back(self, model):
        """Give the entitlements that the end has settled back what they had before."""
        entitlements = self.env[model]
        target = SQL(
            """
            SELECT e.id, e.state AS old_state, COALESCE(e.expired_value, 0) AS old_expired,
                   COALESCE(e.carried_value, 0) AS old_carried, e.entitlement_balance AS old_balance,
                   %(before)s AS new_state, 0 AS new_expired, e.entitlement_balance AS balance,
                   CASE WHEN used.id IS NULL THEN 0 ELSE e.carried_value END AS new_carried,
                   used.id AS carried_to_id
              FROM %(table)s e
              LEFT JOIN %(table)s used ON used.id = e.carried_to_id AND used.state NOT IN %(unused)s
             WHERE e.cycle_id = %(cycle)s
               AND e.state IN ('rdpd2ben', 'parrdpd2ben', 'expired')
               AND EXISTS (SELECT FROM spp_entitlement_state_change c
                            WHERE c.%(reference)s = e.id AND c.new_state = e.state)
            """,
            before=entitlements._state_before_the_end(),
            table=SQL.identifier(entitlements._table),
            unused=(*UNUSED_STATES, "cancelled"),
            cycle=self.cycle_id.id,
            reference=SQL.identifier(REFERENCES[model]),
        )
        self.env["spp.entitlement.state.change"]._apply_and_log(
            model, target, "reopening", self.user_id, reopening=self
        )

    def _cancel_carried_over(self, model):
        """Cancel what was carried over and has not been used."""
        entitlements = self.env[model]
        target = SQL(
            """
            SELECT e.id, e.state AS old_state, 0 AS old_expired, 0 AS old_carried, e.entitlement_balance AS old_balance,
                   'cancelled' AS new_state, 0 AS new_expired, 0 AS new_carried, e.carried_to_id,
                   e.entitlement_balance AS balance
              FROM %(table)s e
              JOIN %(table)s source ON source.id = e.carried_from_id
             WHERE source.cycle_id = %(cycle)s AND e.state IN %(unused)s
            """,
            table=SQL.identifier(entitlements._table),
            unused=UNUSED_STATES,
            cycle=self.cycle_id.id,
        )
        self.env["spp.entitlement.state.change"]._apply_and_log(
            model, target, "reopening", self.user_id, reopening=self
        )
