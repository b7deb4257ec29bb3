# Part of the SPP attendance suite. LGPL-3.
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command, Domain
from odoo.tools import split_every

from odoo.addons.base.models.res_partner import _tz_get


class Session(models.Model):
    _name = "spp.session"
    _description = "Session"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _check_company_auto = True

    _MOVES = {
        "scheduled": {"in_progress", "cancelled"},
        "in_progress": {"completed", "cancelled"},
        "completed": set(),
        "cancelled": set(),
    }

    name = fields.Char(required=True, tracking=True)
    session_type_id = fields.Many2one(
        "spp.session.type",
        required=True,
        ondelete="restrict",
        index=True,
        tracking=True,
        check_company=True,
    )
    roster_id = fields.Many2one(
        "spp.session.roster", ondelete="restrict", index="btree_not_null", tracking=True, check_company=True
    )
    occurrence_datetime = fields.Datetime(
        "Planned For",
        readonly=True,
        copy=False,
        help="When the roster's series planned this session. It stays when the session is moved or cancelled, so that "
        "generating again does not plan it twice.",
    )
    date = fields.Date(required=True, default=fields.Date.context_today, index=True, tracking=True)
    start_time = fields.Float(help="Hours of the local day: 8.5 is 08:30.")
    end_time = fields.Float(help="Hours of the local day: 8.5 is 08:30.")
    tz = fields.Selection(
        _tz_get,
        "Time Zone",
        required=True,
        compute="_compute_tz",
        store=True,
        readonly=False,
        precompute=True,
        help="The zone in which date, start and end are meant.",
    )
    duration_hours = fields.Float("Duration (Hours)", compute="_compute_duration_hours", store=True)
    start_datetime = fields.Datetime("Starts At", compute="_compute_start_end", store=True, precompute=True)
    end_datetime = fields.Datetime("Ends At", compute="_compute_start_end", store=True, precompute=True)
    policy_id = fields.Many2one("spp.session.policy", "Own Policy", ondelete="restrict", check_company=True)
    applied_policy_id = fields.Many2one(
        "spp.session.policy",
        "Policy in Force",
        compute="_compute_applied_policy_id",
        store=True,
        precompute=True,
        help="The nearest policy: the session's own, else that of its roster, else that of its type, else the default.",
    )
    checkin_from = fields.Datetime(
        "Check-in Opens", compute="_compute_checkin", store=True, readonly=False, precompute=True
    )
    checkin_until = fields.Datetime(
        "Check-in Closes", compute="_compute_checkin", store=True, readonly=False, precompute=True
    )
    checkin_period = fields.Char(
        "Check-in", compute="_compute_checkin_period", help="In the time zone of the session, both ends included."
    )
    facilitator_id = fields.Many2one(
        "res.users",
        required=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env.user,
        tracking=True,
    )
    co_facilitator_ids = fields.Many2many(
        "res.users", "session_co_facilitator_rel", "session_id", "user_id", "Co-Facilitators"
    )
    location = fields.Char()
    area_id = fields.Many2one("spp.area", index="btree_not_null")
    topic_ids = fields.Many2many("spp.session.topic", "session_topic_rel", "session_id", "topic_id", "Topics Covered")
    expected_participant_ids = fields.Many2many(
        "res.partner", "session_expected_participant_rel", "session_id", "partner_id", "Expected Participants"
    )
    max_participants = fields.Integer("Capacity")
    attendance_ids = fields.One2many("spp.session.attendance", "session_id", "Attendance Records")
    attendance_count = fields.Integer("Attended", compute="_compute_attendance")
    attendance_rate = fields.Float("Attendance Rate (%)", compute="_compute_attendance")
    state = fields.Selection(
        [
            ("scheduled", "Scheduled"),
            ("in_progress", "In Progress"),
            ("completed", "Completed"),
            ("cancelled", "Cancelled"),
        ],
        default="scheduled",
        required=True,
        tracking=True,
    )
    submitted_at = fields.Datetime("Register Submitted At", readonly=True, copy=False)
    submitted_by_id = fields.Many2one("res.users", "Register Submitted By", readonly=True, copy=False)
    notes = fields.Text()
    company_id = fields.Many2one("res.company", ondelete="restrict", index=True, default=lambda self: self.env.company)

    _occurrence_unique = models.UniqueIndex(
        "(roster_id, occurrence_datetime) WHERE roster_id IS NOT NULL AND occurrence_datetime IS NOT NULL",
        "The roster has a session planned for this time already.",
    )
    _open_checkin = models.Index("(checkin_until) WHERE state IN ('scheduled', 'in_progress')")
    _checkin_in_order = models.Constraint(
        "CHECK (checkin_from IS NULL OR checkin_until IS NULL OR checkin_from <= checkin_until)",
        "Check-in cannot close before it opens: check the two times.",
    )

    # ------------------------------------------------------------------ computes

    @api.depends("roster_id.tz", "company_id")
    def _compute_tz(self):
        for session in self:
            session.tz = (
                session.roster_id.tz or session.tz or session.company_id.partner_id.tz or self.env.user.tz or "UTC"
            )

    @api.depends("start_time", "end_time")
    def _compute_duration_hours(self):
        for session in self:
            session.duration_hours = max(session.end_time - session.start_time, 0.0)

    @api.depends("date", "start_time", "end_time", "tz")
    def _compute_start_end(self):
        for session in self:
            session.start_datetime = self._local_to_utc(session.date, session.start_time, session.tz)
            session.end_datetime = self._local_to_utc(session.date, session.end_time, session.tz)

    @api.depends("policy_id", "roster_id.policy_id", "session_type_id.policy_id")
    def _compute_applied_policy_id(self):
        default = self.env.ref("spp_session_tracking.session_policy_default", raise_if_not_found=False)
        for session in self:
            session.applied_policy_id = (
                session.policy_id or session.roster_id.policy_id or session.session_type_id.policy_id or default
            )

    @api.depends(
        "start_datetime", "applied_policy_id.checkin_before_minutes", "applied_policy_id.checkin_after_minutes"
    )
    def _compute_checkin(self):
        for session in self:
            start, policy = session.start_datetime, session.applied_policy_id
            session.checkin_from = start and start - timedelta(minutes=policy.checkin_before_minutes)
            session.checkin_until = start and start + timedelta(minutes=policy.checkin_after_minutes)

    @api.depends("checkin_from", "checkin_until", "date", "tz")
    def _compute_checkin_period(self):
        for session in self:
            session.checkin_period = (
                self.env._(
                    "%(first)s to %(last)s",
                    first=session._local_time_text(session.checkin_from),
                    last=session._local_time_text(session.checkin_until),
                )
                if session.checkin_from and session.checkin_until
                else False
            )

    @api.depends("attendance_ids.is_attended", "expected_participant_ids")
    def _compute_attendance(self):
        attended = {}
        for session, participants in self.env["spp.session.attendance"]._read_group(
            [("session_id", "in", self.ids), ("is_attended", "=", True)],
            ["session_id"],
            ["participant_id:recordset"],
        ):
            attended[session.id] = participants
        for session in self:
            present = attended.get(session._origin.id, self.env["res.partner"])
            expected = session.expected_participant_ids
            session.attendance_count = len(present)
            # people who came unexpected count as attended, but never push the rate of the expected above 100 %
            session.attendance_rate = 100.0 * len(expected & present) / len(expected) if expected else 0.0

    @api.model
    def _local_to_utc(self, day, hours, tz):
        """The UTC moment (naive, as Odoo stores it) of local `day` and `hours` in zone `tz`, to the second.

        Of a wall time that occurs twice the first one is meant.
        """
        if not day:
            return False
        wall = datetime.combine(day, time.min) + timedelta(seconds=round((hours or 0.0) * 3600))
        return wall.replace(tzinfo=ZoneInfo(tz or "UTC")).astimezone(UTC).replace(tzinfo=None)

    def _local_time_text(self, moment):
        """A UTC moment as wall-clock text of the session, with the day when that is another one."""
        self.ensure_one()
        local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.tz or "UTC"))
        return f"{local:%H:%M:%S}" if local.date() == self.date else f"{local:%Y-%m-%d %H:%M:%S}"

    # ------------------------------------------------------------------ constraints and CRUD

    @api.constrains("start_time", "end_time")
    def _check_time_range(self):
        for session in self:
            if session.end_time < session.start_time and session.end_time:
                raise ValidationError(
                    self.env._(
                        'The session "%s" ends before it starts: correct the start or the end time.', session.name
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        sessions = super().create(vals_list)
        sessions.filtered("roster_id")._fill_expected_participants()
        return sessions

    def write(self, vals):
        if target := vals.get("state"):
            self._check_move(target)
        result = super().write(vals)
        if not {"roster_id", "date"}.isdisjoint(vals):
            self.filtered(
                lambda session: session.roster_id and session.state in ("scheduled", "in_progress")
            )._fill_expected_participants()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        if submitted := self.filtered("submitted_at"):
            raise UserError(
                self.env._(
                    "The register of %s is submitted and others rely on it: correct its marks instead of deleting it.",
                    submitted[0].display_name,
                )
            )

    def _check_move(self, target):
        stuck = self.filtered(lambda session: session.state != target and target not in self._MOVES[session.state])
        if stuck:
            states = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(session)s is %(current)s and cannot become %(target)s.",
                    session=stuck[0].display_name,
                    current=states[stuck[0].state].lower(),
                    target=states[target].lower(),
                )
            )

    def _fill_expected_participants(self, former_partner_ids=()):
        """Expect those who are on the session's roster on its date, and nobody who is on it on other days only.

        Participants who never were on the roster were added by hand and stay.
        """
        rosters = self.roster_id
        members = rosters._members_by_day(self.mapped("date"))
        ever = {
            roster.id: set(partners.ids)
            for roster, partners in self.env["spp.session.roster.membership"]._read_group(
                [("roster_id", "in", rosters.ids)], ["roster_id"], ["partner_id:recordset"]
            )
        }
        for session in self:
            on_date = members[session.roster_id.id, session.date]
            current = set(session.expected_participant_ids.ids)
            not_on_date = (ever.get(session.roster_id.id, set()) | set(former_partner_ids)) - on_date
            wanted = (current - not_on_date) | on_date
            if wanted != current:
                session.expected_participant_ids = [Command.set(sorted(wanted))]

    # ------------------------------------------------------------------ actions

    def action_start(self):
        """Move scheduled sessions to in progress.

        :raise UserError: when one of them is not scheduled.
        """
        self.write({"state": "in_progress"})

    def action_complete(self):
        """Complete sessions in progress and submit their registers.

        :raise UserError: when one of them is not in progress.
        """
        self._check_move("completed")
        self.action_submit()

    def action_cancel(self):
        """Cancel scheduled or running sessions: they count for nobody.

        :raise UserError: when one of them is completed.
        """
        self.write({"state": "cancelled"})

    def action_submit(self):
        """Submit the registers: everybody expected without a mark becomes absent, the sessions are completed.

        Submitting twice changes nothing.

        :raise UserError: when a session is cancelled.
        """
        self.check_access("write")
        cancelled = self.filtered(lambda session: session.state == "cancelled")
        if cancelled:
            raise UserError(
                self.env._("%s was cancelled: a cancelled session has no register.", cancelled[0].display_name)
            )
        self._submit()

    def _submit(self):
        """Set-based body of `action_submit`; returns the sessions that were submitted now."""
        todo = self.filtered(lambda session: not session.submitted_at and session.state != "cancelled")
        todo._mark_missing_absent()
        todo.filtered(lambda session: session.state == "scheduled").write({"state": "in_progress"})
        todo.write({"state": "completed", "submitted_at": fields.Datetime.now(), "submitted_by_id": self.env.uid})
        return todo

    def _mark_missing_absent(self):
        statuses = self.env["spp.attendance.status"]
        absent, on_hold = statuses._by_code("absent"), statuses._by_code("on_hold")
        holds = self.roster_id._holds_by_day(self.mapped("date"))
        marked = {
            session.id: set(participants.ids)
            for session, participants in self.env["spp.session.attendance"]._read_group(
                [("session_id", "in", self.ids)], ["session_id"], ["participant_id:recordset"]
            )
        }
        self.env["spp.session.attendance"].create(
            [
                {
                    "session_id": session.id,
                    "participant_id": participant_id,
                    "status_id": (
                        on_hold if participant_id in holds.get((session.roster_id.id, session.date), ()) else absent
                    ).id,
                    "source": "submission",
                }
                for session in self
                for participant_id in session.expected_participant_ids.ids
                if participant_id not in marked.get(session.id, ())
            ]
        )

    def _arrival_status(self, arrival):
        """The status of somebody who arrived at `arrival` (UTC), as the policy in force says.

        Present up to start + grace, then late, then partial, then absent; each border still belongs to the better one.
        """
        self.ensure_one()
        policy = self.applied_policy_id
        late_by = (arrival - self.start_datetime).total_seconds() / 60
        code = "present"
        for minutes, worse in (
            (policy.grace_minutes, "late"),
            (policy.partial_after_minutes, "partial"),
            (policy.absent_after_minutes, "absent"),
        ):
            # 0 switches a step off, but for grace, where it means that nobody may be late
            if late_by > minutes and (minutes or worse == "late"):
                code = worse
        return self.env["spp.attendance.status"]._by_code(code)

    # ------------------------------------------------------------------ cron

    @api.model
    def _submission_due_domain(self):
        return (
            Domain("state", "in", ("scheduled", "in_progress"))
            & Domain("submitted_at", "=", False)
            & Domain("applied_policy_id.auto_submit", "=", True)
            & Domain("checkin_until", "<", fields.Datetime.now())
        )

    def _ready_for_submission(self):
        """Of due sessions, those that nothing is missing for. Other addons filter further."""
        return self

    @api.model
    def _cron_submit_due_sessions(self, batch_size=200):
        """Submit the registers of sessions whose check-in has closed and whose policy asks for it."""
        due = self.search(self._submission_due_domain(), order="checkin_until, id")
        remaining = len(due)
        for ids in split_every(batch_size, due.ids):
            batch = self.browse(ids).try_lock_for_update()
            # somebody may have submitted or cancelled one since the search
            batch.filtered_domain(self._submission_due_domain())._ready_for_submission()._submit()
            remaining -= len(ids)
            if not self.env["ir.cron"]._commit_progress(len(ids), remaining=remaining):
                break
