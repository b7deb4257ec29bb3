# Part of the SPP attendance suite. LGPL-3.
"""Cycles that are due and runs that were started go on by themselves, a chunk in each transaction."""

import logging

from odoo import api, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from odoo.addons.spp_integrity import with_guarded

_logger = logging.getLogger(__name__)


class Cycle(models.Model):
    """Ending cycles outside of a click: in jobs or by the scheduled action, chunk by chunk."""

    _inherit = "spp.cycle"

    _MAX_TRIES = 5

    @api.model
    def _cron_end_cycles(self):
        """End the cycles that are due and go on with open runs: in jobs when there is a job runner, else here."""
        cycles = self._to_work_on()
        if self.env["spp.run.later"]._has_job_runner():
            for cycle in cycles:
                cycle._delay_end()
            return
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(cycles))
        for cycle in cycles:
            if not cycle._end_in_chunks() or not cron._commit_progress(1):
                return

    @api.model
    def _due_to_end(self):
        """Domain of the cycles to end on schedule. One that was stopped, met exceptions or was reopened waits for a person."""
        return (
            Domain("is_expired", "=", True)
            & Domain("state", "in", self._REDEMPTION_STATES)
            & Domain("program_id.cycle_manager_ids", "!=", False)
            & Domain("closing_ids", "not any", [("state", "in", ("paused", "exceptions"))])
            & Domain("reopening_ids", "=", False)
        )

    @api.model
    def _is_running(self):
        """Domain of the cycles with a run that somebody or something has started."""
        return Domain("state", "in", (*self._REDEMPTION_STATES, "ended")) & Domain(
            "closing_ids", "any", [("state", "=", "running")]
        )

    @api.model
    def _to_work_on(self):
        """The cycles for which there is something to do, those that ended first in front."""
        return self.search(self._due_to_end() | self._is_running(), order="end_date, id") | self._carry_over_waiting()

    def _delay_end(self):
        """Enqueue the next step once, however often it is asked for."""
        self.ensure_one()
        # sudo: runs are the system's
        step = self.env["spp.cycle.closing"].sudo()._find_open(self).processed_count
        self.env["spp.run.later"]._enqueue(
            self,
            "_job_end",
            step,
            identity_key=f"spp-cycle-end-{self.id}-{step}",
            description=self.env._("End of cycle %s", self.display_name),
        )

    def _job_end(self, step=0):
        """One step of the end of a cycle, as a job that starts the next one."""
        cycle = self.exists()
        if not (
            cycle.filtered_domain(self._due_to_end() | self._is_running()) or (cycle and cycle._carry_over_target())
        ):
            return self.env._("Nothing left to do.")
        try:
            has_more = cycle._end_step()
        except ConcurrencyError:
            has_more = True
        if has_more:
            cycle._delay_end()
            return self.env._("One chunk done.")
        return self.env._("The cycle is now: %s.", cycle.state)

    def _end_step(self):
        """Process one chunk of the end, the correction or the carry-over; end the cycle when there is none left.

        :return: whether there is more to do
        """
        self.ensure_one()
        # sudo: runs are the system's
        closings_sudo = self.env["spp.cycle.closing"].sudo()
        closing_sudo = closings_sudo._find_open(self)
        if closing_sudo.state in ("paused", "exceptions"):
            return False
        if self.state == "ended":
            if not closing_sudo:
                return self._carry_over_step()
            if not closing_sudo._advance():
                closing_sudo._settle()
            return True
        if closings_sudo._open(self)._advance():
            return True
        with_guarded(self, carry_over_later=True).mark_ended()
        return bool(self._carry_over_target())

    def _end_in_chunks(self):
        """Do all steps, each in a transaction of its own.

        One that met another transaction is done again; a cycle that cannot be ended is left to the log.

        :return: whether there is time left
        """
        cron = self.env["ir.cron"]
        tries = 0
        while True:
            try:
                has_more = self._end_step()
                tries = 0
            except (ConcurrencyError, *PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
                self.env.cr.rollback()
                tries += 1
                if tries == self._MAX_TRIES:
                    raise
                continue
            except UserError as error:
                self.env.cr.rollback()
                _logger.warning("The end of cycle %s stopped: %s", self.id, error)
                return True
            if not cron._commit_progress():
                return False
            if not has_more:
                return True
