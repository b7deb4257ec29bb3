# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL


class SppCycle(models.Model):
    _inherit = "spp.cycle"

    # States in which entitlements of the cycle can be redeemed, and from which it can be ended.
    _REDEMPTION_STATES = ("approved", "distributed")

    is_expired = fields.Boolean(
        string="Last Day Is Over",
        compute="_compute_is_expired",
        search="_search_is_expired",
        help="The last day of the cycle is over in the time zone of the program's company.",
    )
    closing_ids = fields.One2many("spp.cycle.closing", "cycle_id", string="End-of-Cycle Runs")
    closing_count = fields.Integer(compute="_compute_closing_count")

    @api.depends("end_date", "program_id.company_id.partner_id.tz")
    def _compute_is_expired(self):
        for cycle in self:
            cycle.is_expired = bool(cycle.end_date) and cycle.end_date < cycle.program_id._redemption_day()

    def _search_is_expired(self, operator, value):
        if operator != "in":
            return NotImplemented
        programs = self.env["spp.program"].sudo().with_context(active_test=False).search([("cycle_ids", "!=", False)])
        expired = Domain.OR(
            Domain("program_id", "in", group.ids) & Domain("end_date", "<", day)
            for day, group in programs.grouped(lambda program: program._redemption_day()).items()
        )
        if value == {True}:
            return expired
        return ~expired if True not in value else Domain.TRUE

    @api.depends("closing_ids")
    def _compute_closing_count(self):
        counts = dict(
            self.env["spp.cycle.closing"]._read_group([("cycle_id", "in", self.ids)], ["cycle_id"], ["__count"])
        )
        for cycle in self:
            cycle.closing_count = counts.get(cycle._origin, 0)

    # -- ending

    def write(self, vals):
        if vals.get("state") == "ended" and not self.env.su:
            unsettled = self.filtered(
                lambda cycle: cycle.state != "ended" and cycle.sudo().closing_ids[:1].state != "done"
            )
            if unsettled:
                raise UserError(
                    self.env._(
                        "The entitlements of %s have no final state yet. Use Set as Ended.", unsettled[0].display_name
                    )
                )
        return super().write(vals)

    def mark_ended(self):
        """Set the cycles as ended once every entitlement of theirs has its final state.

        A cycle with exceptions stays as it is, and the run that lists them is shown.

        :return: nothing, or an action that opens the run with the exceptions
        :raises AccessError: the user is neither program manager nor cycle approver
        :raises UserError: a cycle is neither approved nor distributed (one that has ended already is left alone)
        """
        self._check_may_end()
        result = super().mark_ended()
        stuck = self.closing_ids.filtered(lambda closing: closing.state == "exceptions")
        return stuck._action_open() if stuck else result

    def _check_may_end(self):
        """Refuse the end of a cycle to those who may not decide on it, and from states it cannot end in."""
        if not (
            self.env.su
            or self.env.user.has_group("spp_programs.group_programs_manager")
            or self.env.user.has_group("spp_programs.group_programs_cycle_approver")
        ):
            raise AccessError(
                self.env._("You are not allowed to end cycles. Ask a program manager or a cycle approver.")
            )
        if early := self.filtered(lambda cycle: cycle.state not in (*self._REDEMPTION_STATES, "ended")):
            raise UserError(
                self.env._("%s cannot be ended: only an approved or distributed cycle can.", early[0].display_name)
            )

    def _lock_for_closing(self):
        """Make bookings on the entitlements of these cycles wait until this database transaction is over."""
        self.env.cr.execute(
            SQL("SELECT id FROM spp_cycle WHERE id = ANY(%s) ORDER BY id FOR UPDATE", list(self.ids)),
            log_exceptions=False,
        )

    def action_view_closings(self):
        """Open the end-of-cycle runs of the cycle."""
        self.ensure_one()
        return self.closing_ids._action_open()

    # -- ending on schedule

    @api.model
    def _cron_end_cycles(self):
        """End the cycles whose last day is over: in jobs when there is a job runner, else here, chunk by chunk."""
        cycles = self.search(self._due_to_end(), order="end_date, id")
        if self._has_job_runner():
            for cycle in cycles:
                cycle._delay_end()
            return
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(cycles))
        for cycle in cycles:
            while cycle._end_step():
                cron._commit_progress()
            cron._commit_progress(1)

    @api.model
    def _has_job_runner(self):
        return "queue.job" in self.env

    @api.model
    def _due_to_end(self):
        """Domain of the cycles to end on schedule. One that met exceptions waits for a person."""
        return (
            Domain("is_expired", "=", True)
            & Domain("state", "in", self._REDEMPTION_STATES)
            & Domain("program_id.cycle_manager_ids", "!=", False)
            & Domain("closing_ids", "not any", [("state", "=", "exceptions")])
        )

    def _delay_end(self, step=0):
        """Enqueue the next step once, however often it is asked for."""
        self.ensure_one()
        self.with_delay(
            identity_key=f"spp-cycle-end-{self.id}-{step}",
            description=self.env._("End of cycle %s", self.display_name),
        )._job_end(step)

    def _job_end(self, step=0):
        """One step of the end of a cycle, as a job that starts the next one."""
        cycle = self.exists().filtered_domain(self._due_to_end())
        if not cycle:
            return self.env._("Nothing left to do.")
        if cycle._end_step():
            cycle._delay_end(step + 1)
            return self.env._("One chunk done.")
        return self.env._("The cycle is now: %s.", cycle.state)

    def _end_step(self):
        """Process one chunk, or end the cycle when none is left.

        :return: whether there is more to do
        """
        self.ensure_one()
        if self.env["spp.cycle.closing"].sudo()._open(self)._advance():
            return True
        self.mark_ended()
        return False
