# Part of the SPP attendance suite. LGPL-3.
"""The register of a session: the policy it is taken under, what it makes of arrivals, until when, and its submission."""

from datetime import timedelta
from math import floor

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.fields import Domain
from odoo.tools import split_every

from odoo.addons.spp_integrity import as_system
from odoo.addons.spp_integrity.clock import database_now


class Session(models.Model):
    _inherit = "spp.session"

    policy_id = fields.Many2one("spp.session.policy", "Own Policy", ondelete="restrict", check_company=True)
    applied_policy_id = fields.Many2one(
        "spp.session.policy",
        "Policy in Force",
        compute="_compute_applied_policy_id",
        store=True,
        ondelete="restrict",
        precompute=True,
        help="The nearest policy: the session's own, else that of its roster, of the nearest area, of its type, else the default.",
    )
    applied_policy_source = fields.Char("Policy Comes From", compute="_compute_applied_policy_source")
    submitted_at = fields.Datetime("Register Submitted At", readonly=True, copy=False)
    submitted_by_id = fields.Many2one("res.users", "Register Submitted By", readonly=True, copy=False)
    submission_deadline = fields.Datetime(
        "Register Due",
        compute="_compute_register_times",
        store=True,
        help="Counted from the end of the session, or from its entry when it was entered afterwards.",
    )
    register_state = fields.Selection(
        [("none", "Not Taken"), ("partly", "Partly Taken"), ("taken", "Taken"), ("cancelled", "Cancelled")],
        "Register",
        compute="_compute_register_state",
        store=True,
        index=True,
    )

    _due_registers = models.Index("(submission_deadline) WHERE submitted_at IS NULL")

    # --- policy

    def _policy_sources(self):
        """Where a policy can come from, the nearest first: list of (record, the record's policy)."""
        self.ensure_one()
        areas = self.env["spp.area"]
        area = self.area_id
        while area:
            areas |= area
            area = area.parent_id
        return [
            (self, self.policy_id),
            (self.roster_id, self.roster_id.policy_id),
            *((area, area.session_policy_id) for area in areas),
            (self.session_type_id, self.session_type_id.policy_id),
        ]

    @api.depends(
        "policy_id",
        "roster_id.policy_id",
        "area_id.session_policy_id",
        "session_type_id.policy_id",
    )
    def _compute_applied_policy_id(self):
        """A register that is submitted keeps the policy it was taken under, unless the session names another."""
        default = self.env.ref("spp_session_tracking.session_policy_default", raise_if_not_found=False)
        for session in self:
            if session.submitted_at and session.applied_policy_id and not session.policy_id:
                continue
            session.applied_policy_id = next(
                (policy for _source, policy in session._policy_sources() if policy), default
            )

    @api.depends("applied_policy_id")
    def _compute_applied_policy_source(self):
        for session in self:
            source = next((record for record, policy in session._policy_sources() if policy), None)
            if source is None:
                text = self.env._("the default policy")
            elif source == session:
                text = self.env._("this session")
            else:
                text = self.env._(
                    "%(kind)s %(name)s", kind=self.env["ir.model"]._get(source._name).name, name=source.display_name
                )
            session.applied_policy_source = text

    def _presence_share(self, arrival, departure):
        """The share of the session, 0 to 1, that somebody was there for.

        :param arrival: UTC datetime, or False: from the start
        :param departure: UTC datetime, or False: to the end
        :return: number, or None when nothing is known
        """
        seconds = self._presence_seconds(arrival, departure)
        return seconds and seconds[0] / seconds[1]

    def _presence_seconds(self, arrival, departure):
        """Of `_presence_share` the seconds that somebody was there, and those of the session; None when nothing is known."""
        start, end = self.start_datetime, self.end_datetime
        if not start or not end or end <= start or not (arrival or departure):
            return None
        present = min(departure or end, end) - max(arrival or start, start)
        return max(present.total_seconds(), 0.0), (end - start).total_seconds()

    def _arrival_status(self, arrival):
        """The status of somebody who arrived at `arrival` (UTC) and stayed, as the policy in force says."""
        return self._presence_status(arrival, False)

    def _presence_status(self, arrival, departure):
        """The status that follows from arrival and departure; see `_presence_kind`.

        :return: `spp.attendance.status` record
        """
        return self.env["spp.attendance.status"]._by_kind(self._presence_kind(arrival, departure))

    def _presence_kind(self, arrival, departure):
        """The kind of status that follows from arrival and departure, as the policy in force says; the worse one counts.

        Present up to start + grace, then late, then partial, then absent; each border still belongs to the better one.
        Somebody who was there for less than the shares of the policy is partial or absent; a share that is met is enough.
        The roster screen says the same before anything is sent: both are held by presence_kind_cases.json.

        :param arrival: UTC datetime, or False: from the start
        :param departure: UTC datetime, or False: to the end
        :return: "present", "late", "partial" or "absent"
        """
        self.ensure_one()
        policy = self.applied_policy_id
        late_by = (arrival - self.start_datetime).total_seconds() / 60 if arrival else 0.0
        seconds = self._presence_seconds(arrival, departure)

        def is_below(percentage):
            # percentages to two places, in whole numbers: a share that is met is enough
            return seconds is not None and 10000 * seconds[0] < floor(100 * percentage + 0.5) * seconds[1]

        if (policy.absent_after_minutes and late_by > policy.absent_after_minutes) or (
            is_below(policy.absent_below_percentage)
        ):
            return "absent"
        if (policy.partial_after_minutes and late_by > policy.partial_after_minutes) or (
            is_below(policy.partial_below_percentage)
        ):
            return "partial"
        return "late" if late_by > policy.grace_minutes else "present"

    # --- deadline

    @api.depends("end_datetime", "applied_policy_id.deadline_hours", "applied_policy_id.lock_hours")
    def _compute_register_times(self):
        for session in self:
            policy = session.applied_policy_id
            counted_from = session.end_datetime and max(
                session.end_datetime, session.create_date or session.end_datetime
            )
            for name, hours in (("submission_deadline", policy.deadline_hours), ("lock_datetime", policy.lock_hours)):
                session[name] = counted_from + timedelta(hours=hours) if hours and counted_from else False

    @api.depends("state", "submitted_at", "attendance_ids")
    def _compute_register_state(self):
        begun = {
            session.id
            for (session,) in self.env["spp.session.attendance"]._read_group(
                [("session_id", "in", self.ids)], ["session_id"]
            )
        }
        for session in self:
            session.register_state = (
                "cancelled"
                if session.state == "cancelled"
                else "taken"
                if session.submitted_at
                else "partly"
                if session._origin.id in begun
                else "none"
            )

    # --- submission

    def action_submit(self):
        """Submit the registers: everybody expected without a mark becomes absent, the sessions are completed.

        Submitting twice changes nothing.

        :raise UserError: when a session is cancelled, or nobody is in it.
        """
        self.check_access("write")
        cancelled = self.filtered(lambda session: session.state == "cancelled")
        if cancelled:
            raise UserError(
                self.env._("%s was cancelled: a cancelled session has no register.", cancelled[0].display_name)
            )
        self.filtered(lambda session: not session.submitted_at)._check_has_people()
        self._submit()

    def _submit(self):
        """Set-based body of `action_submit`; returns the sessions that were submitted now."""
        todo = self.filtered(lambda session: not session.submitted_at and session.state != "cancelled")
        with self._collect_hooks():
            as_system(todo)._before_submit()
            if not self.env.su:
                todo._check_register_unlocked()
            try:
                # everybody expected gets a mark, also who lives outside the areas of the user; a caller's defaults are not used
                as_system(todo)._mark_missing()
            except UniqueViolation as error:
                # somebody marked one of these people at the same moment: Odoo starts again, now knowing that mark
                raise ConcurrencyError("spp.session._submit") from error
            todo.filtered(lambda session: session.state == "scheduled").write({"state": "in_progress"})
            # a policy that changed just now is the one the register is taken under; from here on it keeps it
            todo.mapped("applied_policy_id")
            # sudo: who may change the session submits it; the time is nobody's to write
            todo.sudo().write(
                {"state": "completed", "submitted_at": database_now(self.env), "submitted_by_id": self.env.uid}
            )
        # what superuser mode has read is not for everybody
        todo.invalidate_recordset(["attendance_ids", "expected_participant_ids"])
        return todo

    def _mark_missing(self):
        """Everybody expected without a mark: excused when that was accepted before, else on hold, else absent.

        To be called in superuser mode: the system says this, not the user.
        """
        marks = self.env["spp.session.attendance"]
        statuses = self.env["spp.attendance.status"]
        absent, on_hold = statuses._by_kind("absent"), statuses._by_kind("on_hold")
        holds = self.roster_id._holds_by_day(self.mapped("date"))
        expected = self._expected_ids()
        everybody = self.env["res.partner"].browse(set().union(*expected.values()))
        announced = self.env["spp.session.absence"]._for_sessions(self, everybody)
        marked = {
            session.id: set(participants.ids)
            for session, participants in marks._read_group(
                [("session_id", "in", self.ids)], ["session_id"], ["participant_id:recordset"]
            )
        }
        vals_list = []
        for session in self:
            held = holds.get((session.roster_id.id, session.date), ())
            for participant_id in sorted(expected[session.id]):
                if participant_id in marked.get(session.id, ()):
                    continue
                reason = self.env["spp.attendance.reason"]
                if absence := announced.get((session.id, participant_id)):
                    reason = absence.reason_id
                status = reason.status_id or (on_hold if participant_id in held else absent)
                vals_list.append(
                    {
                        "session_id": session.id,
                        "participant_id": participant_id,
                        "status_id": status.id,
                        "reason_id": reason.id,
                        "source": "submission",
                    }
                )
        marks.create(vals_list)

    # --- cron

    @api.model
    def _submission_due_domain(self):
        """Registers that the system submits: those of terminals after check-in, and those begun when they are due.

        A register that nobody has begun is never submitted: that nobody took it does not make anybody absent.
        """
        now = database_now(self.env)
        checkin_closed = Domain("applied_policy_id.auto_submit", "=", True) & Domain("checkin_until", "<", now)
        begun_and_due = Domain("register_state", "=", "partly") & Domain("submission_deadline", "<=", now)
        return (
            Domain("state", "in", ("scheduled", "in_progress"))
            & Domain("submitted_at", "=", False)
            & (checkin_closed | begun_and_due)
        )

    def _ready_for_submission(self):
        """Of due sessions, those that nothing is missing for. Other addons filter further."""
        return self - self._without_people()

    @api.model
    def _cron_submit_due_sessions(self, batch_size=200):
        """Submit the registers that nobody needs to submit any more, see `_submission_due_domain`."""
        due = self.search(self._submission_due_domain(), order="checkin_until, id")
        remaining = len(due)
        for ids in split_every(batch_size, due.ids):
            batch = self.browse(ids).try_lock_for_update()
            # somebody may have submitted or cancelled one since the search
            batch.filtered_domain(self._submission_due_domain())._ready_for_submission()._submit()
            remaining -= len(ids)
            if not self.env["ir.cron"]._commit_progress(len(ids), remaining=remaining):
                break
