# Part of the SPP attendance suite. LGPL-3.
"""Which final state transactions ask for, decided by SQL for many entitlements at once."""

import hashlib
import json

from odoo import models
from odoo.tools import SQL

from ..entitlement.entitlement_state_change import REFERENCES
from .cycle_closing import CURSORS

# Outcome of the rules for an entitlement; all others are exceptions
OUTCOMES = ("redeemed", "partial", "unredeemed")


class CycleClosing(models.Model):
    """The rules of the end of a cycle, in SQL: each statement decides on a whole range of entitlements."""

    _inherit = "spp.cycle.closing"

    # Model of what an entitlement of each kind is counted in
    _UNIT_MODELS = {"spp.entitlement": "res.currency", "spp.entitlement.inkind": "uom.uom"}

    def _judged(self, model, within, from_transactions=False):
        """SELECT of what the end of the cycle says about its entitlements, one row each.

        Its columns: id, state, unit_id (currency or unit), initial, balance, stored_balance, expired_value,
        carried_value, carried_to_id, kept (what the next cycle has of it already), is_due (the run may change it), outcome.

        :param within: SQL condition on the ids, e.g. ``BETWEEN 1 AND 9``; empty for all
        :param bool from_transactions: add the balance up from the transactions instead of trusting the stored one
        """
        entitlements = self.env[model]
        joins, unit, transaction_unit = entitlements._closing_unit(self.cycle_id)
        values = {
            "initial": SQL.identifier(entitlements._redemption_initial),
            "measure": SQL.identifier(self.env[entitlements._redemption_model]._redemption_measure),
            "entitlements": SQL.identifier(entitlements._table),
            "transactions": SQL.identifier(self.env[entitlements._redemption_model]._table),
            "reference": SQL.identifier(REFERENCES[model]),
            "joins": joins,
            "unit": unit,
            "transaction_unit": SQL.identifier(transaction_unit),
            "cycle": self.cycle_id.id,
            "states": list(entitlements._REDEEMABLE_STATES),
            "is_correction": self.kind == "correction",
            "id_within": SQL("AND e.id %s", within) if within else SQL(),
            "reference_within": SQL("AND t.entitlement_id %s", within) if within else SQL(),
        }
        if from_transactions:
            # asked for each entitlement: of a cycle that is new to PostgreSQL it would expect no transactions, and
            # then go through those of the whole chunk for each entitlement
            looked_up = SQL(
                """LEFT JOIN LATERAL (
                       SELECT SUM(CASE t.transaction_type WHEN 'VOID' THEN -t.%(measure)s ELSE t.%(measure)s END) AS value,
                              BOOL_OR(t.%(transaction_unit)s != %(unit)s) AS is_odd
                         FROM %(transactions)s t
                        WHERE t.entitlement_id = e.id) redeemed ON TRUE""",
                **values,
            )
            balance = SQL("COALESCE(e.%s, 0) - COALESCE(redeemed.value, 0)", values["initial"])
            is_odd = SQL("COALESCE(redeemed.is_odd, FALSE)")
        else:
            looked_up = SQL(
                """LEFT JOIN (SELECT DISTINCT t.entitlement_id
                                FROM %(transactions)s t
                                JOIN %(entitlements)s e ON e.id = t.entitlement_id
                                     %(joins)s
                               WHERE t.cycle_id = %(cycle)s AND t.%(transaction_unit)s != %(unit)s
                                     %(reference_within)s) odd ON odd.entitlement_id = e.id""",
                **values,
            )
            balance = SQL("COALESCE(e.entitlement_balance, e.%s, 0)", values["initial"])
            is_odd = SQL("odd.entitlement_id IS NOT NULL")
        return SQL(
            """
            SELECT *, CASE WHEN NOT is_due THEN 'redeemed'
                           WHEN initial <= 0 THEN 'nothing_entitled'
                           WHEN is_odd THEN 'other_currency'
                           WHEN balance < kept THEN 'overdrawn'
                           WHEN balance > initial THEN 'voids_above_purchases'
                           WHEN balance = initial THEN 'unredeemed'
                           WHEN balance = 0 THEN 'redeemed'
                           ELSE 'partial'
                      END AS outcome
              FROM (SELECT *, CASE state WHEN 'expired' THEN expired_value > 0 OR carried_value > 0
                                                             OR (%(is_correction)s AND balance != initial)
                                         WHEN 'rdpd2ben' THEN balance != 0 AND EXISTS (
                                             SELECT FROM spp_entitlement_state_change c
                                              WHERE c.%(reference)s = fact.id AND c.new_state = 'rdpd2ben')
                                         ELSE TRUE
                              END AS is_due
                      FROM (SELECT e.id, e.state, %(unit)s AS unit_id, COALESCE(e.%(initial)s, 0) AS initial,
                                   %(balance)s AS balance, e.entitlement_balance AS stored_balance,
                                   COALESCE(e.expired_value, 0) AS expired_value,
                                   COALESCE(e.carried_value, 0) AS carried_value, e.carried_to_id,
                                   CASE WHEN e.carried_to_id IS NULL THEN 0 ELSE e.carried_value END AS kept,
                                   %(is_odd)s AS is_odd
                              FROM %(entitlements)s e
                                   %(joins)s
                                   %(looked_up)s
                             WHERE e.cycle_id = %(cycle)s %(id_within)s
                               AND (e.state = ANY(%(states)s) OR e.state IN ('rdpd2ben', 'expired'))
                            OFFSET 0) fact  -- OFFSET 0: PostgreSQL works out each column once, not where it is used
                    OFFSET 0) judged
             WHERE is_due OR state = 'rdpd2ben'
            """,
            looked_up=looked_up,
            balance=balance,
            is_odd=is_odd,
            **values,
        )

    def _apply_rules(self, model, within, from_transactions=False):
        """Write what the rules ask for, with an audit row each; entitlements that have theirs are left alone."""
        entitlements = self.env[model]
        target = SQL(
            """
            SELECT e.id, e.state AS old_state, expired_value AS old_expired, carried_value AS old_carried,
                   stored_balance AS old_balance, carried_to_id, balance, new_carried,
                   CASE WHEN outcome = 'redeemed' THEN 'rdpd2ben'
                        WHEN outcome = 'partial' THEN 'parrdpd2ben'
                        WHEN outcome != 'unredeemed' THEN e.state
                        WHEN %(policy)s != 'keep' THEN 'expired'
                        WHEN e.state IN ('approved', 'trans2FSP') THEN e.state
                        ELSE %(before)s
                   END AS new_state,
                   CASE WHEN outcome NOT IN %(outcomes)s THEN expired_value
                        WHEN %(policy)s = 'expire' AND outcome != 'redeemed' THEN balance - new_carried
                        ELSE 0
                   END AS new_expired
              FROM (SELECT *, CASE WHEN outcome NOT IN %(outcomes)s THEN carried_value
                                   WHEN carried_to_id IS NOT NULL THEN carried_value
                                   WHEN %(policy)s = 'carry_over' AND outcome != 'redeemed' THEN %(whole)s
                                   ELSE 0
                              END AS new_carried
                      FROM (%(judged)s OFFSET 0) judged
                     WHERE is_due OFFSET 0) e
            """,
            policy=self.unredeemed_policy,
            outcomes=OUTCOMES,
            before=entitlements._state_before_the_end(),
            whole=entitlements._closing_whole(SQL("balance")),
            judged=self._judged(model, within, from_transactions),
        )
        cause = "correction" if self.kind == "correction" else "end"
        self.env["spp.entitlement.state.change"]._apply_and_log(model, target, cause, self.user_id, closing=self)
        self.invalidate_recordset(["change_ids"])

    def _list_exceptions(self, model, within):
        """List the entitlements without a final state. What was waived stays so as long as the figures are the same."""
        self.env.flush_all()
        values = {
            "reference": SQL.identifier(REFERENCES[model]),
            "closing": self.id,
            "judged": self._judged(model, within),
            "reference_within": SQL("AND x.%s %s", SQL.identifier(REFERENCES[model]), within) if within else SQL(),
            "outcomes": list(OUTCOMES),
            "uid": self.env.uid,
            "now": self.env.cr.now(),
        }
        self.env.cr.execute(
            SQL(
                """
                WITH due AS MATERIALIZED (
                         SELECT id, outcome, ROUND(balance, 3) AS balance
                           FROM (%(judged)s) judged
                          WHERE outcome != ALL(%(outcomes)s)),
                     gone AS (
                         DELETE FROM spp_cycle_closing_exception x
                          WHERE x.closing_id = %(closing)s AND x.%(reference)s IS NOT NULL %(reference_within)s
                            AND NOT EXISTS (SELECT FROM due
                                             WHERE (due.id, due.outcome, due.balance)
                                                   = (x.%(reference)s, x.reason, x.balance)))
                INSERT INTO spp_cycle_closing_exception
                            (closing_id, %(reference)s, reason, balance, state,
                             create_uid, create_date, write_uid, write_date)
                     SELECT %(closing)s, id, outcome, balance, 'open', %(uid)s, %(now)s, %(uid)s, %(now)s
                       FROM due
                      WHERE NOT EXISTS (SELECT FROM spp_cycle_closing_exception x
                                         WHERE x.closing_id = %(closing)s
                                           AND (x.%(reference)s, x.reason, x.balance)
                                               = (due.id, due.outcome, due.balance))
                   ORDER BY id
                """,
                **values,
            )
        )
        self.invalidate_recordset(["exception_ids"])

    def _summarize(self):
        """Counts and sums of the entitlements that the rules have something to say about.

        :return: list of dicts with kind, unit_id, outcome, count, initial, balance, expired, carried (texts of exact
            decimals), in a fixed order
        """
        self.env.flush_all()
        rows = []
        for model in CURSORS:
            sums = SQL(", ").join(
                SQL("TRIM_SCALE(SUM(%s)::numeric)::text", SQL.identifier(name))
                for name in ("initial", "balance", "expired_value", "carried_value")
            )
            groups = self.env.execute_query(
                SQL(
                    """SELECT unit_id, outcome, COUNT(*), %s
                         FROM (%s) judged GROUP BY unit_id, outcome ORDER BY unit_id, outcome""",
                    sums,
                    self._judged(model, SQL()),
                )
            )
            keys = ("kind", "unit_id", "outcome", "count", "initial", "balance", "expired", "carried")
            rows += [dict(zip(keys, (model, *group), strict=True)) for group in groups]
        return rows

    def _reconcile(self):
        """Values of the run that tell its result: counts by outcome, sums, and a hash of them."""
        rows = self._summarize()
        counts = dict.fromkeys(OUTCOMES, 0)
        for row in rows:
            if row["outcome"] in counts:
                counts[row["outcome"]] += row["count"]
        return {
            **{f"{outcome}_count": count for outcome, count in counts.items()},
            "reconciliation": rows,
            "result_hash": hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest(),
        }
