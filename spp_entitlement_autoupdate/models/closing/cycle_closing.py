# Part of the SPP attendance suite. LGPL-3.
"""The end of a cycle in chunks that can be paused and joined, with a last pass that misses no booking."""

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now

from ..entitlement.entitlement_state_change import REFERENCES
from ..program.program import UNREDEEMED_POLICIES

# Kind of entitlement -> field of a run that remembers how far it came
CURSORS = {"spp.entitlement": "last_entitlement_id", "spp.entitlement.inkind": "last_inkind_entitlement_id"}


class CycleClosing(models.Model):
    """One run over the entitlements of a cycle that gives each of them its final state.

    The work is done in chunks by id range. A run that was paused or interrupted goes on where it stopped, and a second
    start joins the open run. The last pass looks at all entitlements again while the cycle is locked, so
    that whatever was booked during the run is counted.

    A run over a cycle that has ended already corrects it: it books late transactions, see `_correct_next`.
    """

    _name = "spp.cycle.closing"
    _description = "End-of-Cycle Run"
    _order = "id desc"
    _rec_name = "cycle_id"
    _company_path = "company_id"

    _CHUNK_SIZE = 10_000

    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True, index=True, ondelete="restrict")
    program_id = fields.Many2one("spp.program", related="cycle_id.program_id", store=True, index=True)
    company_id = fields.Many2one("res.company", related="cycle_id.program_id.company_id", store=True, index=True)
    kind = fields.Selection(
        [("end", "End of Cycle"), ("correction", "Correction")], required=True, readonly=True, default="end"
    )
    state = fields.Selection(
        [
            ("running", "Running"),
            ("paused", "Paused"),
            ("exceptions", "Exceptions to Solve"),
            ("done", "Done"),
        ],
        required=True,
        readonly=True,
        default="running",
    )
    unredeemed_policy = fields.Selection(
        UNREDEEMED_POLICIES,
        string="What Is Left",
        required=True,
        readonly=True,
        default="keep",
        help="What the program did with it when this run began.",
    )
    user_id = fields.Many2one("res.users", string="Started By", readonly=True, default=lambda self: self.env.user)
    started = fields.Datetime(readonly=True, default=fields.Datetime.now)
    ended = fields.Datetime(readonly=True)
    last_entitlement_id = fields.Integer(readonly=True, export_string_translation=False)
    last_inkind_entitlement_id = fields.Integer(readonly=True, export_string_translation=False)
    last_review_id = fields.Integer(readonly=True, export_string_translation=False)
    processed_count = fields.Integer(string="Processed", readonly=True)
    total_count = fields.Integer(string="To Process", readonly=True)
    progress = fields.Float(compute="_compute_progress", help="How much of the run is done, in percent.")
    redeemed_count = fields.Integer(string="Redeemed", readonly=True)
    partial_count = fields.Integer(string="Partially Redeemed", readonly=True)
    unredeemed_count = fields.Integer(string="Unredeemed", readonly=True)
    exception_count = fields.Integer(string="# Exceptions", readonly=True)
    open_exception_count = fields.Integer(string="# Open Exceptions", readonly=True)
    change_ids = fields.One2many("spp.entitlement.state.change", "closing_id", string="Changes", readonly=True)
    exception_ids = fields.One2many("spp.cycle.closing.exception", "closing_id", string="Exceptions", readonly=True)
    reconciliation = fields.Json(
        readonly=True, help="Counts and sums by kind, currency or unit, and outcome, as the run left them."
    )
    result_hash = fields.Char(string="Hash of the Result", readonly=True, help="SHA-256 of the reconciliation.")

    _one_open_per_cycle = models.UniqueIndex(
        "(cycle_id) WHERE state != 'done'", "The end of this cycle is being processed already."
    )

    @api.depends("state", "processed_count", "total_count")
    def _compute_progress(self):
        for closing in self:
            if closing.state == "done":
                closing.progress = 100.0
            else:
                closing.progress = (
                    100.0 * closing.processed_count / max(closing.total_count, closing.processed_count, 1)
                )

    # --- starting, pausing

    def _find_open(self, cycle):
        return self.search([("cycle_id", "=", cycle.id), ("state", "!=", "done")])

    def _open(self, cycle):
        """The open run of a cycle, made when there is none. One that is paused or has exceptions goes on."""
        cycle.ensure_one()
        cycle._lock_for_closing()
        closing = self._find_open(cycle)
        if not closing:
            try:
                with self.env.cr.savepoint():
                    return self.create(self._prepare_values(cycle))
            except UniqueViolation as error:
                raise ConcurrencyError("Another start was quicker: try again to join it.") from error
        if closing.state != "running":
            closing.write({"state": "running", "user_id": self.env.uid})
        return closing

    def _prepare_values(self, cycle):
        values = {"cycle_id": cycle.id, "unredeemed_policy": cycle.program_id.unredeemed_policy}
        if cycle.state == "ended":
            last = cycle.closing_ids.filtered(lambda closing: closing.kind == "end")[:1]
            return {
                **values,
                "kind": "correction",
                "unredeemed_policy": last.unredeemed_policy or values["unredeemed_policy"],
                "total_count": self.env["spp.entitlement.transaction.review"].search_count(
                    self._adjustments_domain(cycle)
                ),
            }
        total = sum(self.env[model].search_count([("cycle_id", "=", cycle.id)]) for model in CURSORS)
        return {**values, "total_count": total}

    def _start(self):
        """Let these runs go on outside of this request.

        In jobs where there is a job runner, else by the scheduled action. Where that is switched off the work is done here,
        with a commit after each chunk.
        """
        if self.env["spp.run.later"]._has_job_runner():
            for cycle in self.cycle_id:
                cycle._delay_end()
            return
        # sudo: whether the scheduled action is switched off
        cron_sudo = self.env.ref("spp_entitlement_autoupdate.ir_cron_end_cycles").sudo()
        if cron_sudo.active:
            cron_sudo._trigger()
            return
        for cycle in self.cycle_id:
            cycle._end_in_chunks()

    def _check_may_control(self):
        self.check_access("read")
        self.cycle_id.check_access("write")
        self.cycle_id._check_may_end()

    def action_pause(self):
        """Stop running runs after the chunk at which they are.

        :raise AccessError: the user is neither program manager nor cycle approver
        :raise UserError: one of them is not running
        """
        self._check_may_control()
        # sudo: runs are nobody's to write; who may control them was checked
        for closing in self.sudo():
            closing.cycle_id._lock_for_closing()
            if closing.state != "running":
                raise UserError(self.env._("Only a run that is running can be paused."))
            closing.state = "paused"

    def action_resume(self):
        """Let paused runs go on where they stopped, and runs with exceptions look at them again.

        :raise AccessError: the user is neither program manager nor cycle approver
        """
        self._check_may_control()
        # sudo: runs are nobody's to write; who may control them was checked
        stopped = self.sudo().filtered(lambda closing: closing.state in ("paused", "exceptions"))
        for closing in stopped:
            closing._open(closing.cycle_id)
        stopped._start()

    def action_refresh(self):
        """Show the run as it is by now; the screen reads it again after any button."""
        self.check_access("read")

    def action_view_exceptions(self):
        """Open the exceptions of the run."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "spp_entitlement_autoupdate.action_spp_cycle_closing_exception"
        )
        return {**action, "domain": [("closing_id", "=", self.id)]}

    def action_waive(self):
        """Ask for the reason to waive all open exceptions of the run."""
        self.ensure_one()
        return self.exception_ids.filtered(lambda row: row.state == "open").action_open_waive()

    def _action_open(self):
        """Action that shows these runs."""
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_entitlement_autoupdate.action_spp_cycle_closing")
        action["domain"] = [("id", "in", self.ids)]
        if len(self) == 1:
            action.update(res_id=self.id, views=[(False, "form")])
        return action

    # --- working

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
        if self.kind == "correction":
            return self._correct_next()
        self.env.flush_all()
        for model, cursor in CURSORS.items():
            [(last, count)] = self.env.execute_query(
                SQL(
                    """SELECT MAX(id), COUNT(*)
                         FROM (SELECT id FROM %s WHERE cycle_id = %s AND id > %s ORDER BY id LIMIT %s) AS chunk""",
                    SQL.identifier(self.env[model]._table),
                    self.cycle_id.id,
                    self[cursor],
                    self._CHUNK_SIZE,
                )
            )
            if last:
                self._apply_rules(model, SQL("BETWEEN %s AND %s", self[cursor] + 1, last), from_transactions=True)
                self.write({cursor: last, "processed_count": self.processed_count + count})
                return True
        return False

    def _settle(self):
        """The last pass under the lock of the cycle: late arrivals, exceptions, counts, result."""
        self.ensure_one()
        self.cycle_id._lock_for_closing()
        self._check_saw_all_bookings()
        for model in CURSORS:
            within = self._settled_range(model)
            self._apply_rules(model, within)
            self._list_exceptions(model, within)
        counts = dict(
            self.env["spp.cycle.closing.exception"]._read_group([("closing_id", "=", self.id)], ["state"], ["__count"])
        )
        self.write(
            {
                "state": "exceptions" if counts.get("open") else "done",
                "ended": database_now(self.env),
                "exception_count": sum(counts.values()),
                "open_exception_count": counts.get("open", 0),
                **self._reconcile(),
            }
        )

    def _settled_range(self, model):
        """SQL condition on the ids that the last pass looks at: all, or those a correction has met exceptions with."""
        if self.kind == "end":
            return SQL()
        return SQL("= ANY(%s)", self.exception_ids[REFERENCES[model]].ids)

    def _check_saw_all_bookings(self):
        """Bookings of the cycle wait from now on; make sure that this transaction sees those that were quicker.

        What it sees was fixed by its first query, which may have come before the lock of the cycle. A second look from
        outside tells whether a booking came in between.

        :raise ConcurrencyError: one did; the work has to be done again in a new transaction
        """
        count = SQL(
            " + ".join(["(SELECT COUNT(*) FROM %s WHERE cycle_id = %s)"] * len(CURSORS)),
            *(
                argument
                for model in CURSORS
                for argument in (SQL.identifier(self.env[self.env[model]._redemption_model]._table), self.cycle_id.id)
            ),
        )
        [(seen,)] = self.env.execute_query(SQL("SELECT %s", count))
        with self.env.registry.cursor() as other:
            other.execute(SQL("SELECT %s", count))
            [(stored,)] = other.fetchall()
        if stored > seen:
            raise ConcurrencyError("Transactions were booked a moment ago: try again to count them.")
