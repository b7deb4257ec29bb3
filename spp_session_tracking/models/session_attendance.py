# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class SessionAttendance(models.Model):
    """The mark of one person in one session."""

    _name = "spp.session.attendance"
    _description = "Session Attendance"
    _rec_name = "participant_id"
    _order = "session_date desc, session_id desc, participant_id"

    session_id = fields.Many2one("spp.session", required=True, ondelete="cascade", index=True)
    participant_id = fields.Many2one("res.partner", required=True, ondelete="restrict", index=True)
    status_id = fields.Many2one(
        "spp.attendance.status",
        required=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env["spp.attendance.status"]._by_code("absent"),
    )
    is_attended = fields.Boolean(
        compute="_compute_is_attended", inverse="_inverse_is_attended", store=True, precompute=True
    )
    is_excused = fields.Boolean(
        compute="_compute_is_attended", inverse="_inverse_is_attended", store=True, precompute=True
    )
    attendance_time = fields.Datetime("Time of Attendance")
    local_time = fields.Char(
        "Arrived At", compute="_compute_local_time", help="Wall-clock time in the time zone of the session."
    )
    late_minutes = fields.Integer(compute="_compute_late_minutes", store=True)
    excuse_reason = fields.Char()
    source = fields.Selection(
        [("person", "Marked by a Person"), ("submission", "Set When the Register Was Submitted")],
        "Marked By",
        required=True,
        default="person",
        readonly=True,
    )
    notes = fields.Text()
    change_ids = fields.One2many("spp.session.attendance.change", "attendance_id", "Changes")
    session_date = fields.Date("Session Date", related="session_id.date", store=True, index=True)
    session_type_id = fields.Many2one(related="session_id.session_type_id", store=True, index=True)
    company_id = fields.Many2one(related="session_id.company_id", store=True, index=True)

    _unique_participant_session = models.Constraint(
        "UNIQUE (session_id, participant_id)",
        "This person already has a mark in this session: change that one instead.",
    )

    @api.depends("status_id.is_attended", "status_id.is_excused")
    def _compute_is_attended(self):
        for mark in self:
            mark.is_attended = mark.status_id.is_attended
            mark.is_excused = mark.status_id.is_excused

    def _inverse_is_attended(self):
        """Whoever sets the two plain switches sets the status; a status that already says so stays."""
        statuses = self.env["spp.attendance.status"]
        for mark in self:
            wanted = (mark.is_attended, mark.is_excused and not mark.is_attended)
            if (mark.status_id.is_attended, mark.status_id.is_excused) != wanted:
                mark.status_id = statuses._by_code("present" if wanted[0] else "excused" if wanted[1] else "absent")

    @api.depends("attendance_time", "session_id.tz", "session_id.date")
    def _compute_local_time(self):
        for mark in self:
            mark.local_time = mark.attendance_time and mark.session_id._local_time_text(mark.attendance_time)

    @api.depends("attendance_time", "status_id.code", "session_id.start_datetime")
    def _compute_late_minutes(self):
        for mark in self:
            start, arrival = mark.session_id.start_datetime, mark.attendance_time
            is_late = mark.status_id.code == "late" and start and arrival
            mark.late_minutes = max((arrival - start).total_seconds() // 60, 0) if is_late else 0

    @api.model_create_multi
    def create(self, vals_list):
        marks = super().create(vals_list)
        marks._check_session_open()
        marks.filtered("session_id.submitted_at")._log_changes({})
        return marks

    def write(self, vals):
        tracked = not {"status_id", "is_attended", "is_excused"}.isdisjoint(vals)
        old_statuses = {mark.id: mark.status_id.id for mark in self} if tracked else {}
        if not {"session_id", "participant_id"}.isdisjoint(vals):
            raise UserError(
                self.env._("A mark belongs to its person and session: delete it and mark the right one instead.")
            )
        self._check_session_open()
        result = super().write(vals)
        if tracked:
            changed = self.filtered(lambda mark: mark.status_id.id != old_statuses[mark.id])
            changed.filtered("session_id.submitted_at")._log_changes(old_statuses)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_with_trace(self):
        """Taking somebody off a submitted register is allowed to managers and stays visible in the session's history."""
        self._check_session_open()
        for session, marks in self.filtered("session_id.submitted_at").grouped("session_id").items():
            session.message_post(
                body=self.env._(
                    "Taken off the submitted register: %s",
                    ", ".join(f"{mark.participant_id.display_name} ({mark.status_id.name})" for mark in marks),
                )
            )

    def _check_session_open(self):
        """Marks of cancelled sessions cannot change; those of submitted registers only by a session manager."""
        cancelled = self.session_id.filtered(lambda session: session.state == "cancelled")
        if cancelled:
            raise UserError(
                self.env._("%s was cancelled: marks in it cannot be made or changed.", cancelled[0].display_name)
            )
        if self.env.su or self.env.user.has_group("spp_session_tracking.group_session_manager"):
            return
        submitted = self.session_id.filtered("submitted_at")
        if submitted:
            raise AccessError(
                self.env._(
                    "The register of %s is submitted: ask a session manager to correct it.", submitted[0].display_name
                )
            )

    def _log_changes(self, old_statuses):
        """Keep old and new status of marks in submitted registers; the reason comes with the context."""
        self.env["spp.session.attendance.change"].sudo().create(
            [
                {
                    "attendance_id": mark.id,
                    "old_status_id": old_statuses.get(mark.id, False),
                    "new_status_id": mark.status_id.id,
                    "reason": self.env.context.get("attendance_change_reason"),
                    "user_id": self.env.uid,
                }
                for mark in self
            ]
        )
