# Part of the SPP attendance suite. LGPL-3.
"""The mark of one person in one session: who may write it, its log, and what follows from it."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.spp_integrity import guarded_value

#: What the change log of a submitted register keeps the old and the new value of.
LOGGED_FIELDS = ("status_id", "attendance_time", "departure_time", "reason_id")
#: Minutes of somebody who arrived still later mean nothing.
MINUTES_OF_A_YEAR = 366 * 24 * 60
#: A change of these alone changes nothing that a mark counts for.
_SILENT_FIELDS = frozenset({"notes", "excuse_reason", "correction_reason"})


class SessionAttendance(models.Model):
    """The mark of one person in one session."""

    _name = "spp.session.attendance"
    _inherit = ["spp.guarded.fields.mixin", "spp.person.order", "spp.hooks"]
    _description = "Session Attendance"
    _person_field = "participant_id"
    _rec_name = "participant_id"
    _order = "session_date desc, id desc"
    _company_path = "company_id"
    _area_path = "participant_id.area_id"

    _system_fields = (
        *("standing", "is_unexplained", "is_announced", "absence_id", "late_minutes", "presence_percentage"),
        *("session_date", "session_type_id", "company_id"),
    )

    session_id = fields.Many2one("spp.session", required=True, ondelete="cascade", index=True)
    participant_id = fields.Many2one("res.partner", required=True, ondelete="restrict", index=True)
    status_id = fields.Many2one(
        "spp.attendance.status",
        required=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env["spp.attendance.status"]._by_kind("absent"),
    )
    is_attended = fields.Boolean(
        compute="_compute_is_attended", inverse="_inverse_is_attended", store=True, precompute=True
    )
    is_excused = fields.Boolean(
        compute="_compute_is_attended", inverse="_inverse_is_attended", store=True, precompute=True
    )
    attendance_time = fields.Datetime("Time of Attendance")
    departure_time = fields.Datetime("Time of Departure")
    local_time = fields.Char(
        "Arrived At", compute="_compute_local_time", help="Wall-clock time in the time zone of the session."
    )
    late_minutes = fields.Integer(compute="_compute_late_minutes", store=True, precompute=True)
    presence_percentage = fields.Float(
        "Present (%)",
        compute="_compute_presence_percentage",
        store=True,
        precompute=True,
        digits=(5, 2),
        aggregator="avg",
        help="The share of the session between arrival and departure, when one of them is known.",
    )
    standing = fields.Selection(
        [("expected", "Expected"), ("hold", "On Hold"), ("guest", "Not Expected")],
        compute="_compute_standing",
        store=True,
        precompute=True,
        help="Whether the person belonged to the session's roster on its day. Who was not expected, or was on hold, counts "
        "only when attending.",
    )
    excuse_reason = fields.Char(help="Free text; the reason of the catalogue is the one that counts.")
    source = fields.Selection(
        [
            ("person", "Marked by a Person"),
            ("submission", "Set When the Register Was Submitted"),
            ("device", "Terminal"),  # here, so that who marked is still known where the terminals' addon is gone
        ],
        "Marked By",
        required=True,
        default="person",
        readonly=True,
    )
    notes = fields.Text()
    is_unexplained = fields.Boolean(
        "Unexplained",
        compute="_compute_is_unexplained",
        store=True,
        precompute=True,
        help="Expected, not there, not excused, and nobody said why.",
    )
    correction_reason = fields.Char(
        store=False, help="Why a mark of a submitted register changes; it goes into the log."
    )
    change_ids = fields.One2many("spp.session.attendance.change", "attendance_id", "Changes")
    session_date = fields.Date("Session Date", related="session_id.date", store=True, precompute=True, index=True)
    session_type_id = fields.Many2one(related="session_id.session_type_id", store=True, precompute=True, index=True)
    company_id = fields.Many2one(related="session_id.company_id", store=True, precompute=True, index=True)

    _unique_participant_session = models.Constraint(
        "UNIQUE (session_id, participant_id)",
        "This person already has a mark in this session: change that one instead.",
    )
    _leaves_after_arrival = models.Constraint(
        "CHECK (departure_time IS NULL OR attendance_time IS NULL OR departure_time >= attendance_time)",
        "Nobody leaves before arriving: check the two times.",
    )
    _in_order = models.Index("(session_date DESC, id DESC)")
    _of_participant = models.Index("(participant_id, session_type_id, session_date)")

    # --- computes

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
                mark.status_id = statuses._by_kind("present" if wanted[0] else "excused" if wanted[1] else "absent")

    @api.depends("attendance_time", "session_id.tz", "session_id.date")
    def _compute_local_time(self):
        for mark in self:
            mark.local_time = mark.attendance_time and mark.session_id._local_time_text(mark.attendance_time)

    @api.depends("attendance_time", "status_id.kind", "session_id.start_datetime")
    def _compute_late_minutes(self):
        for mark in self:
            start, arrival = mark.session_id.start_datetime, mark.attendance_time
            is_late = mark.status_id.kind == "late" and start and arrival
            late_by = (arrival - start).total_seconds() // 60 if is_late else 0
            mark.late_minutes = min(max(late_by, 0), MINUTES_OF_A_YEAR)

    @api.depends("attendance_time", "departure_time", "session_id.start_datetime", "session_id.end_datetime")
    def _compute_presence_percentage(self):
        for mark in self:
            share = mark.session_id._presence_share(mark.attendance_time, mark.departure_time)
            mark.presence_percentage = 0.0 if share is None else 100.0 * share

    @api.depends("session_id.roster_id", "session_id.date", "session_id.expected_participant_ids", "participant_id")
    def _compute_standing(self):
        """Four queries for any number of marks."""
        rosters, partners = self.session_id.roster_id, self.participant_id
        expected = self.session_id._expected_ids()
        spans, holds = {}, {}
        if rosters:
            of_these = Domain("roster_id", "in", rosters.ids) & Domain("partner_id", "in", partners.ids)
            for model, found in (("membership", spans), ("hold", holds)):
                # sudo: whose marks these are decides what counts, not which areas the user sees
                for line in self.env[f"spp.session.roster.{model}"].sudo().search(of_these):
                    found.setdefault((line.roster_id.id, line.partner_id.id), []).append((line.date_from, line.date_to))

        def covered(found, key, day):
            return any(first <= day and (not last or day <= last) for first, last in found.get(key, ()))

        for mark in self:
            session = mark.session_id
            key = (session.roster_id.id, mark.participant_id.id)
            if not session.roster_id:
                mark.standing = "expected"
            elif key not in spans:
                added_by_hand = mark.participant_id._origin.id in expected.get(session._origin.id, ())
                mark.standing = "expected" if added_by_hand else "guest"
            elif not covered(spans, key, session.date):
                mark.standing = "guest"
            else:
                mark.standing = "hold" if covered(holds, key, session.date) else "expected"

    def _refresh_standing(self):
        """Find out anew whether these marks are of expected people, and all that follows from it."""
        self.modified(["participant_id"])
        self._call_hook_of_marks()

    @api.depends(
        "standing",
        "reason_id",
        "excuse_state",
        "status_id.is_attended",
        "status_id.is_excused",
        "status_id.is_in_denominator",
    )
    def _compute_is_unexplained(self):
        for mark in self:
            status = mark.status_id
            mark.is_unexplained = (
                mark.standing == "expected"
                and status.is_in_denominator
                and not status.is_attended
                and not status.is_excused
                and not mark.reason_id
                and mark.excuse_state != "requested"
            )

    # --- CRUD

    @api.model_create_multi
    def create(self, vals_list):
        reasons = [(vals.get("correction_reason") or "").strip() for vals in vals_list]
        with self._collect_hooks():
            marks = super().create(self._prepare_new_marks(vals_list))
            marks._check_session_open()
            logged = marks.filtered("session_id.submitted_at")
            if logged:
                why = dict(zip(marks.ids, reasons, strict=True))
                logged._check_correction_reason(all(why[mark.id] for mark in logged))
                logged._log_changes({}, why)
            marks._call_hook_of_marks()
        return marks

    def write(self, vals):  # pylint: disable=method-required-super
        self._write_each(dict.fromkeys(self.ids, vals), vals.get("correction_reason"))
        return True

    def unlink(self):
        with self._collect_hooks():
            self._call_hook_of_marks()
            return super().unlink()

    def _write_each(self, values_by_id, reason="", is_decision=False):
        """Give each mark values of its own: this is how marks are written, one or many.

        What is checked, logged and done afterwards is done once for all of them. The number of statements does not depend
        on the number of marks, but for Odoo's own: it stores 100 rows with the same fields in one statement.

        :param dict values_by_id: mark id -> values as for `write`, for all of these marks
        :param str reason: why marks of a submitted register change
        :param bool is_decision: the values are a decision about an excuse, with all that belongs to it
        :raise UserError: when a session is cancelled, a register is locked, or a reason is missing
        :raise AccessError: when the user may not change these marks, or may not decide about excuses
        """
        if not self:
            return
        names = set().union(*values_by_id.values())
        if not {"session_id", "participant_id"}.isdisjoint(names):
            raise UserError(
                self.env._("A mark belongs to its person and session: delete it and mark the right one instead.")
            )
        self.check_access("write")
        self._check_session_open()
        reason = (reason or "").strip()
        is_logged = not {*LOGGED_FIELDS, "is_attended", "is_excused"}.isdisjoint(names)
        before = {mark.id: mark._logged_values() for mark in self} if is_logged else {}
        with self._collect_hooks():
            for marks, values in self._prepare_changes(values_by_id, is_decision):
                super(SessionAttendance, marks).write(values)  # pylint: disable=super-method-mismatch
            changed = self.filtered(
                lambda mark: is_logged and mark.session_id.submitted_at and mark._logged_values() != before[mark.id]
            )
            if changed:
                changed._check_correction_reason(bool(reason))
                changed._log_changes(before, dict.fromkeys(changed.ids, reason))
            if not names <= _SILENT_FIELDS:
                self._call_hook_of_marks()

    def _after_sql(self, names):
        """SQL has written these fields of these marks: what is computed from them follows, and so do the hooks.

        :param names: names of stored fields
        """
        self.invalidate_recordset(names)
        self.modified(names)
        self._call_hook_of_marks()

    def _call_hook_of_marks(self):
        """What these marks count for may have changed."""
        people = {}
        # sudo: whose marks these are does not depend on what the user sees
        for mark in self.sudo():
            people.setdefault(mark.session_id.id, set()).add(mark.participant_id.id)
        self.env["spp.session"].browse(people)._call_hook("_after_marks_changed", people)

    @api.ondelete(at_uninstall=False)
    def _unlink_with_trace(self):
        """Taking somebody off a submitted register is allowed to managers and stays in the log and in the history."""
        self._check_session_open()
        submitted = self.filtered("session_id.submitted_at")
        if not submitted:
            return
        submitted._log_removal()
        # who it was stands in the history, which is bound to areas; the session itself is seen from others too
        for session, marks in submitted.grouped("session_id").items():
            session.message_post(
                body=self.env._(
                    "Taken off the submitted register: %(count)s marks. The history of the register says whose.",
                    count=len(marks),
                )
            )

    def _logged_values(self):
        return {name: self._fields[name].convert_to_write(self[name], self) for name in LOGGED_FIELDS}

    # --- who may change what

    def _check_session_open(self):
        """Whether the marks may be made or changed now.

        :raise UserError: when a session is cancelled, or its register is locked
        :raise AccessError: when a register is submitted and the time for the facilitator's corrections is over
        """
        if cancelled := self.session_id.filtered(lambda session: session.state == "cancelled"):
            raise UserError(
                self.env._("%s was cancelled: marks in it cannot be made or changed.", cancelled[0].display_name)
            )
        if self.env.su:
            return
        self.session_id._check_register_unlocked()
        if self.env.user.has_group("spp_session_tracking.group_session_manager"):
            return
        if settled := self.session_id.filtered("submitted_at") - self.session_id._open_for_facilitator():
            raise AccessError(
                self.env._(
                    "The register of %s is submitted: ask a session manager to correct it.", settled[0].display_name
                )
            )

    def _check_correction_reason(self, given):
        """A correction says why, unless the facilitator makes it while the register may still be corrected."""
        if given or self.env.su or self._reason_of_context():
            return
        needed = self.session_id - self.session_id._in_correction_time()
        if needed:
            raise UserError(
                self.env._(
                    "The register of %s is submitted: say why the mark changes (Reason of the Correction).",
                    needed[0].display_name,
                )
            )

    @api.model
    def _reason_of_context(self):
        """Why marks change, as said for all changes of a call."""
        return (guarded_value(self.env, "attendance_change_reason") or "").strip()

    def _log_changes(self, before, why):
        """Keep old and new values of marks in submitted registers.

        :param before: dict mark id -> values as of `_logged_values`; empty for new marks
        :param why: dict mark id -> text; empty texts are replaced by the one in the context
        """
        unlocks = self.session_id._open_unlocks()
        default_reason = self._reason_of_context()
        # sudo: the log is nobody's to write
        self.env["spp.session.attendance.change"].sudo().create(
            [
                {
                    "attendance_id": mark.id,
                    "session_id": mark.session_id.id,
                    "participant_id": mark.participant_id.id,
                    "company_id": mark.company_id.id,
                    **{f"old_{name}": before.get(mark.id, {}).get(name, False) for name in LOGGED_FIELDS},
                    **{f"new_{name}": value for name, value in mark._logged_values().items()},
                    "reason": why.get(mark.id) or default_reason,
                    "unlock_id": unlocks.get(mark.session_id.id),
                    "user_id": self.env.uid,
                }
                for mark in self
            ]
        )

    def _log_removal(self):
        unlocks = self.session_id._open_unlocks()
        # sudo: the log is nobody's to write
        self.env["spp.session.attendance.change"].sudo().create(
            [
                {
                    "session_id": mark.session_id.id,
                    "participant_id": mark.participant_id.id,
                    "company_id": mark.company_id.id,
                    **{f"old_{name}": value for name, value in mark._logged_values().items()},
                    "reason": self._reason_of_context() or self.env._("Taken off the register"),
                    "unlock_id": unlocks.get(mark.session_id.id),
                    "user_id": self.env.uid,
                }
                for mark in self
            ]
        )
