# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models
from odoo.tools import SQL

# Outcome of the rules for an entitlement -> state it gets; the other outcomes are exceptions or leave it alone
FINAL_STATES = {"redeemed": "rdpd2ben", "partial": "parrdpd2ben"}
# Kind of entitlement -> (field of a run that remembers how far it came, field that points at such an entitlement)
KINDS = {
    "spp.entitlement": ("last_entitlement_id", "entitlement_id"),
    "spp.entitlement.inkind": ("last_inkind_entitlement_id", "inkind_entitlement_id"),
}


class SppCycleClosing(models.Model):
    """One run over the entitlements of a cycle that gives each of them its final state.

    The work is done in chunks by id range. A run that was interrupted goes on where it stopped, and a second
    start joins the open run. The last pass looks at all entitlements again while the cycle is locked, so
    that whatever was booked during the run is counted.
    """

    _name = "spp.cycle.closing"
    _description = "End-of-Cycle Run"
    _order = "id desc"
    _rec_name = "cycle_id"

    _CHUNK_SIZE = 10_000

    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True, index=True, ondelete="restrict")
    program_id = fields.Many2one("spp.program", related="cycle_id.program_id", store=True, index=True)
    company_id = fields.Many2one("res.company", related="cycle_id.program_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("running", "Running"), ("exceptions", "Exceptions to Solve"), ("done", "Done")],
        required=True,
        readonly=True,
        default="running",
    )
    user_id = fields.Many2one("res.users", string="Started By", readonly=True, default=lambda self: self.env.user)
    started = fields.Datetime(readonly=True, default=fields.Datetime.now)
    ended = fields.Datetime(readonly=True)
    last_entitlement_id = fields.Integer(readonly=True, export_string_translation=False)
    last_inkind_entitlement_id = fields.Integer(readonly=True, export_string_translation=False)
    redeemed_count = fields.Integer(string="Redeemed", readonly=True)
    partial_count = fields.Integer(string="Partially Redeemed", readonly=True)
    unredeemed_count = fields.Integer(string="Unredeemed", readonly=True)
    exception_count = fields.Integer(string="Exceptions", readonly=True)
    change_ids = fields.One2many("spp.entitlement.state.change", "closing_id", string="Changes", readonly=True)
    exception_ids = fields.One2many(
        "spp.cycle.closing.exception", "closing_id", string="Open Exceptions", readonly=True
    )

    _one_open_per_cycle = models.UniqueIndex(
        "(cycle_id) WHERE state != 'done'", "The end of this cycle is being processed already."
    )

    def _open(self, cycle):
        """The open run of a cycle, made when there is none. One with exceptions starts again from the first row."""
        cycle.ensure_one()
        cycle._lock_for_closing()
        closing = self.search([("cycle_id", "=", cycle.id), ("state", "!=", "done")])
        if not closing:
            return self.create({"cycle_id": cycle.id})
        if closing.state == "exceptions":
            closing.write({"state": "running", "last_entitlement_id": 0, "last_inkind_entitlement_id": 0})
        return closing

    def _run(self):
        """Do all that is left of the run."""
        while self._advance():
            pass
        self._settle()

    def _advance(self):
        """Process the next chunk.

        :return: whether there was one
        """
        self.ensure_one()
        self.cycle_id._lock_for_closing()
        self.env.flush_all()
        for model, (cursor, _field) in KINDS.items():
            [(last,)] = self.env.execute_query(
                SQL(
                    "SELECT MAX(id) FROM (SELECT id FROM %s WHERE cycle_id = %s AND id > %s ORDER BY id LIMIT %s) AS chunk",
                    SQL.identifier(self.env[model]._table),
                    self.cycle_id.id,
                    self[cursor],
                    self._CHUNK_SIZE,
                )
            )
            if last:
                self._apply_rules(model, self[cursor] + 1, last)
                self[cursor] = last
                return True
        return False

    def _settle(self):
        """The last pass under the lock of the cycle: late arrivals, exceptions, counts, result."""
        self.ensure_one()
        self.cycle_id._lock_for_closing()
        self.exception_ids.unlink()
        outcomes = dict.fromkeys(("redeemed", "partial", "unredeemed", "exceptions"), 0)
        for model in KINDS:
            self._apply_rules(model)
            redeemed = self.env[model].search_count([("cycle_id", "=", self.cycle_id.id), ("state", "=", "rdpd2ben")])
            outcomes["redeemed"] += redeemed
            for outcome, count in self._list_exceptions(model):
                outcomes[outcome if outcome in outcomes else "exceptions"] += count
        self.write(
            {
                "state": "exceptions" if outcomes["exceptions"] else "done",
                "ended": fields.Datetime.now(),
                "redeemed_count": outcomes["redeemed"],
                "partial_count": outcomes["partial"],
                "unredeemed_count": outcomes["unredeemed"],
                "exception_count": outcomes["exceptions"],
            }
        )

    def _action_open(self):
        """Action that shows these runs."""
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_entitlement_autoupdate.action_spp_cycle_closing")
        action["domain"] = [("id", "in", self.ids)]
        if len(self) == 1:
            action.update(res_id=self.id, views=[(False, "form")])
        return action

    # -- the rules, in SQL

    def _rules(self, model, first=0, last=None):
        """SELECT of (id, state, balance, outcome) for the entitlements that the end of the cycle may change.

        What was redeemed is added up from the transactions; the stored balance is their exact difference to
        the entitled value, rounded to the currency or unit.
        """
        entitlements = self.env[model]
        transactions = self.env[entitlements._redemption_model]
        return SQL(
            """
            SELECT e.id, e.state, COALESCE(e.entitlement_balance, e.%(initial)s) AS balance,
                   CASE WHEN COALESCE(e.%(initial)s, 0) <= 0 THEN 'nothing_entitled'
                        WHEN e.entitlement_balance < 0 THEN 'overdrawn'
                        WHEN t.redeemed < 0 THEN 'voids_above_purchases'
                        WHEN COALESCE(t.redeemed, 0) = 0 THEN 'unredeemed'
                        WHEN e.entitlement_balance = 0 THEN 'redeemed'
                        ELSE 'partial'
                   END AS outcome
              FROM %(entitlements)s e
              LEFT JOIN (
                       SELECT entitlement_id,
                              SUM(CASE transaction_type WHEN 'VOID' THEN -%(measure)s ELSE %(measure)s END) AS redeemed
                         FROM %(transactions)s
                        WHERE cycle_id = %(cycle)s AND entitlement_id >= %(first)s %(upto_transaction)s
                     GROUP BY entitlement_id
                   ) t ON t.entitlement_id = e.id
             WHERE e.cycle_id = %(cycle)s
               AND e.state = ANY(%(states)s)
               AND e.id >= %(first)s %(upto)s
            """,
            initial=SQL.identifier(entitlements._redemption_initial),
            measure=SQL.identifier(transactions._redemption_measure),
            entitlements=SQL.identifier(entitlements._table),
            transactions=SQL.identifier(transactions._table),
            cycle=self.cycle_id.id,
            states=list(entitlements._REDEEMABLE_STATES),
            first=first,
            upto=SQL("AND e.id <= %s", last) if last else SQL(),
            upto_transaction=SQL("AND entitlement_id <= %s", last) if last else SQL(),
        )

    def _apply_rules(self, model, first=0, last=None):
        """Write the states that the rules ask for, with an audit row each; rows that have theirs are left alone."""
        entitlements = self.env[model]
        self.env.flush_all()
        changed = self.env.execute_query(
            SQL(
                """
                WITH due AS (%(rules)s ORDER BY e.id FOR UPDATE OF e),
                     target AS (
                         SELECT id, state, balance,
                                CASE WHEN outcome = 'redeemed' THEN %(redeemed)s
                                     WHEN outcome = 'partial' THEN %(partial)s
                                     WHEN outcome = 'unredeemed' AND state = %(partial)s THEN 'approved'
                                     ELSE state
                                END AS new_state
                           FROM due),
                     changed AS (
                         UPDATE %(table)s e
                            SET state = target.new_state, write_uid = %(uid)s, write_date = %(now)s
                           FROM target
                          WHERE e.id = target.id AND target.new_state != target.state
                      RETURNING e.id, target.state AS old_state, e.state AS new_state, target.balance)
                INSERT INTO spp_entitlement_state_change
                            (closing_id, %(reference)s, old_state, new_state, balance, user_id,
                             create_uid, create_date, write_uid, write_date)
                     SELECT %(closing)s, id, old_state, new_state, balance, %(uid)s, %(uid)s, %(now)s, %(uid)s, %(now)s
                       FROM changed
                   ORDER BY id
                  RETURNING %(reference)s
                """,
                rules=self._rules(model, first, last),
                redeemed=FINAL_STATES["redeemed"],
                partial=FINAL_STATES["partial"],
                table=SQL.identifier(entitlements._table),
                reference=SQL.identifier(KINDS[model][1]),
                closing=self.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        records = entitlements.browse(row[0] for row in changed)
        records.invalidate_recordset(["state", "state_change_ids", "write_uid", "write_date"])
        records.modified(["state"])
        self.invalidate_recordset(["change_ids"])

    def _list_exceptions(self, model):
        """List the entitlements without a final state.

        :return: (outcome, number of entitlements) of those that the end of the cycle may change
        """
        counts = self.env.execute_query(
            SQL(
                """
                WITH due AS MATERIALIZED (%(rules)s),
                     listed AS (
                         INSERT INTO spp_cycle_closing_exception
                                     (closing_id, %(reference)s, reason, balance,
                                      create_uid, create_date, write_uid, write_date)
                              SELECT %(closing)s, id, outcome, balance, %(uid)s, %(now)s, %(uid)s, %(now)s
                                FROM due
                               WHERE outcome NOT IN ('redeemed', 'partial', 'unredeemed')
                            ORDER BY id)
                SELECT outcome, COUNT(*) FROM due GROUP BY outcome
                """,
                reference=SQL.identifier(KINDS[model][1]),
                closing=self.id,
                rules=self._rules(model),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        self.invalidate_recordset(["exception_ids"])
        return counts
