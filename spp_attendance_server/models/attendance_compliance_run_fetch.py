# Part of the SPP attendance suite. LGPL-3.
"""Asking servers survives crashes and second starts: each chunk is kept, and jobs or a cron do the rest."""

import logging
import time
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError, ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import groupby

from odoo.addons.spp_integrity import as_system
from odoo.addons.spp_integrity.clock import database_now

from .attendance_compliance_run_ask import Clients

_logger = logging.getLogger(__name__)

#: A run that was started this long ago is not continued by starting again.
_HOURS_TO_JOIN = 24
#: So long a job asks before it leaves the rest to the next one.
_JOB_SECONDS = 30
#: After so long without an answer the scheduled action does the work of a job that does not get on.
_STALLED = timedelta(minutes=10)
_JOB_KEY = "spp-attendance-fetch-"
_CRON = "spp_attendance_server.ir_cron_fetch_attendance"
_JOB_STATES = ("wait_dependencies", "waiting", "pending", "enqueued", "started")


class AttendanceComplianceRun(models.Model):
    """How a run gets through asking attendance servers: started, joined, taken on by jobs or a cron, stopped, finished.

    Each chunk of people with its facts is one transaction, so whatever happens in between, the run goes on with the people
    who are still waiting. No row is locked while a server is asked. A run whose fetch fails has touched facts only: no
    decision, no membership.
    """

    _inherit = "spp.attendance.compliance.run"

    fetch_started_at = fields.Datetime(readonly=True)
    fetch_ended_at = fields.Datetime(readonly=True)
    fetch_error = fields.Char(readonly=True)
    fetch_total = fields.Integer("People to Ask For", compute="_compute_fetch_progress")
    fetch_done = fields.Integer("People Asked For", compute="_compute_fetch_progress")
    fetch_progress = fields.Float("Fetched (%)", compute="_compute_fetch_progress")
    chunk_ids = fields.One2many("spp.attendance.run.chunk", "run_id", "Answers", readonly=True)
    source_digests = fields.Json(compute="_compute_source_digests", help="SHA-256 of each answer, per source.")

    _one_fetch = models.UniqueIndex(
        "(cycle_id, kind, COALESCE(is_refresh, FALSE)) WHERE state = 'fetching'",
        "Servers are being asked for this cycle already.",
    )

    def _compute_fetch_progress(self):
        counts = {
            (run, outcome): count
            for run, outcome, count in self.env["spp.attendance.run.person"]._read_group(
                [("run_id", "in", self.ids)], ["run_id", "outcome"], ["__count"]
            )
        }
        totals = {run: sum(counts[key] for key in keys) for run, keys in groupby(counts, lambda key: key[0])}
        for run in self:
            run.fetch_total = totals.get(run._origin, 0)
            run.fetch_done = run.fetch_total - counts.get((run._origin, "pending"), 0)
            run.fetch_progress = 100 * run.fetch_done / run.fetch_total if run.fetch_total else 0

    @api.depends("chunk_ids.digest")
    def _compute_source_digests(self):
        for run in self:
            run.source_digests = {
                str(source.id): [chunk.digest for chunk in chunks.sorted("id")]
                for source, chunks in run.chunk_ids.grouped("source_id").items()
            }

    # --- starting and joining

    @api.model
    def _to_join(self, cycle, criteria):
        """Also the filter of a cycle that asks servers by the same requirement at the moment, or was stopped in it."""
        filters = Domain("cycle_id", "=", cycle.id) & Domain("is_refresh", "=", False) & Domain("kind", "=", "filter")
        young = fields.Datetime.subtract(database_now(self.env), hours=_HOURS_TO_JOIN)
        return self.search(filters, limit=1).filtered(
            lambda run: (
                run.state in ("fetching", "failed")
                and run.criteria == criteria
                and run.fetch_started_at
                and run.fetch_started_at > young
            )
        )

    def _join(self):
        super()._join()
        if self.state == "failed":
            self._fetch()

    def _start(self):
        """Ask servers if the requirement counts any, else decide at once.

        Late data and disputes wait for a run of the cycle that asks servers; a new filter goes on beside them.

        :raise UserError: when a server cannot know what the requirement is about, or servers are being asked for another
            run of the cycle
        """
        self.ensure_one()
        servers = self._servers()
        if not servers:
            super()._start()
            return
        self._check_nobody_asks()
        if not self.is_refresh:
            servers._check_knows(self.criteria["measure"])
        self._replace_running()
        self.fetch_started_at = database_now(self.env)
        self._write_down_people()
        self._fetch()

    def _check_nobody_asks(self):
        asking = [("cycle_id", "=", self.cycle_id.id), ("state", "=", "fetching"), ("is_refresh", "=", False)]
        if self.kind != "filter" and self.search_count(asking, limit=1):
            raise UserError(
                self.env._(
                    "Attendance servers are being asked for another run of %s: wait until it has decided.",
                    self.cycle_id.name,
                )
            )

    def _replace_running(self):
        """Stop the run of the same kind that still asks; a run of another kind goes on beside this one."""
        self.search(
            [
                ("cycle_id", "=", self.cycle_id.id),
                ("kind", "=", self.kind),
                ("is_refresh", "=", self.is_refresh),
                ("state", "=", "fetching"),
            ]
        ).write(
            {
                "state": "failed",
                "fetch_error": self.env._(
                    "Stopped because %s was started, which asks by the present requirement.", self.name
                ),
            }
        )

    def _fetch(self):
        """Let a job or the cron ask; of two that start at one moment, the second looks again and joins the first."""
        try:
            with self.env.cr.savepoint():
                self.write({"state": "fetching", "fetch_error": False})
        except psycopg2.errors.UniqueViolation:
            raise ConcurrencyError from None
        self._delay_fetch()

    def action_continue(self):
        """Go on with a fetch that was stopped, from where it stopped.

        :raise AccessError: for anybody below programs officer
        :raise UserError: when nothing was stopped, or a newer run asks at the moment
        """
        self._check_is_officer()
        for run in as_system(self):
            run._check_was_stopped()
            asking = [("cycle_id", "=", run.cycle_id.id), ("kind", "=", run.kind), ("state", "=", "fetching")]
            if newer := run.search([*asking, ("is_refresh", "=", run.is_refresh)], limit=1):
                raise UserError(self.env._("%s is asking the servers at the moment: wait for that one.", newer.name))
            run._fetch()

    def action_decide_without_answers(self):
        """Decide although a server could not be asked; the people it was not asked about count as not reachable.

        A run that would have been applied by itself then waits for a manager.

        :raise AccessError: for anybody below programs officer
        :raise UserError: when nothing was stopped
        """
        self._check_is_officer()
        for run in as_system(self):
            run._check_was_stopped()
            run._write_down_people()
            run._give_up_waiting()
            run.is_applied_when_decided = False
            run._finish()

    def _check_is_officer(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers may go on with an attendance run: ask one to do it."))
        self.check_access("read")

    def _check_was_stopped(self):
        if self.state != "failed":
            raise UserError(self.env._("%s was not stopped: there is nothing to go on with.", self.name))

    # --- jobs and cron

    def _delay_fetch(self, part=0):
        """Enqueue the next part of the fetch once, however often it is asked for."""
        self.ensure_one()
        return self.env["spp.run.later"]._enqueue(
            self,
            "_job_fetch",
            part,
            identity_key=f"{_JOB_KEY}{self.id}-{part}",
            description=self.env._("Ask attendance servers for %s", self.name),
            cron=_CRON,
        )

    def _job_fetch(self, part=0):
        """Ask for a while, as a job that starts the next one.

        Each chunk is a transaction of its own beside that of the job, which tells the job runner that somebody works on it.

        :return: what happened, in a few words
        """
        with self.env.registry.cursor() as cr:
            # sudo: facts are kept by the system; who may start the run was checked when it was started
            goes_on = self.with_env(self.env(cr=cr, su=True))._fetch_for(_JOB_SECONDS)
        if goes_on:
            self._delay_fetch(part + 1)
            return self.env._("The next job goes on.")
        return self.env._("There is nothing left to ask, or somebody else asks.")

    def _fetch_for(self, seconds):
        """Ask for chunk after chunk.

        :return: whether there is more to do
        """
        deadline = time.monotonic() + seconds
        with Clients() as clients:
            while self.exists().state == "fetching":
                if not self._fetch_step(clients):
                    return False
                self.env["ir.cron"]._commit_progress()
                if time.monotonic() >= deadline:
                    return self.state == "fetching"
        return False

    @api.model
    def _cron_fetch(self):
        """Go on with the runs that ask servers, a chunk of each in turn; each chunk is a transaction.

        With a job runner only those that no job gets on with.
        """
        running = self.search([("state", "=", "fetching")], order="id")
        if self.env["spp.run.later"]._has_job_runner():
            running = running._left_by_jobs()
            self.env["ir.cron"]._commit_progress()  # no row is locked while a server is asked
        with Clients() as clients:
            while running := running.exists().filtered(lambda run: run.state == "fetching"):
                worked = False
                for run in running:
                    try:
                        worked |= run._fetch_step(clients)
                        seconds_left = self.env["ir.cron"]._commit_progress(1, remaining=len(running))
                    except psycopg2.OperationalError:
                        # somebody changed the same facts meanwhile: the chunk is asked for again
                        self.env.cr.rollback()
                        _logger.info("A chunk of attendance run %s met a concurrent change", run.id)
                        self.env["spp.run.later"]._wake(_CRON)
                        return
                    if not seconds_left:
                        return
                if not worked:
                    return
        self.env["ir.cron"]._commit_progress(remaining=0)

    def _left_by_jobs(self):
        """See that each run has a job; a run whose job failed is stopped.

        :return: the runs whose job waits or works for long without any answer
        """
        states = {}
        # sudo: jobs are read by job managers only; which runs wait is found out for the system
        for job in (
            self.env["queue.job"]
            .sudo()
            .search([("identity_key", "=like", f"{_JOB_KEY}%"), ("state", "in", (*_JOB_STATES, "failed"))], order="id")
        ):
            states.setdefault(int(job.identity_key.removeprefix(_JOB_KEY).partition("-")[0]), set()).add(job.state)
        answered = dict(
            self.env["spp.attendance.run.chunk"]._read_group(
                [("run_id", "in", self.ids)], ["run_id"], ["create_date:max"]
            )
        )
        stalled = self.browse()
        for run in self:
            known = states.get(run.id, set())
            moved = max(run.write_date, answered.get(run, run.write_date))
            if known == {"failed"}:
                run._stop(
                    run._for_starter().env._(
                        "The job that asks the servers ended with an error: ask the administrator to look at the job queue, "
                        "then continue."
                    )
                )
            elif not known:
                run._delay_fetch()
            elif moved < database_now(self.env) - _STALLED:
                stalled |= run
        return stalled

    # --- the end

    def _for_starter(self):
        """The run in the language of whoever started it."""
        return self.with_context(lang=self.user_id.lang)

    def _stop(self, sentence):
        """Note why the servers are no longer asked."""
        self.write({"state": "failed", "fetch_error": sentence})

    def _finish(self):
        """Everybody was asked for: bring the other sources up to date and decide."""
        servers = self.env["spp.attendance.run.chunk"]._read_group([("run_id", "=", self.id)], ["source_id"])
        for (source,) in servers:
            source.write({"last_fetch_at": database_now(self.env), "last_error": False})
        if self.fetch_started_at:
            self.write({"fetch_ended_at": database_now(self.env), "fetch_error": False})
        super()._finish()
