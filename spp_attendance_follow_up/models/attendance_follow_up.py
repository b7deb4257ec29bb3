# Part of the SPP attendance suite. LGPL-3.
"""Cases that somebody should look after: who is responsible gets a to-do, and closes them with a note."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, split_every

from odoo.addons.spp_integrity import named
from odoo.addons.spp_integrity.clock import database_now

ACTIVITY = "spp_attendance_follow_up.mail_activity_follow_up"
#: Nobody gets a to-do about absences that are older than this; the case itself stays open.
TELL_FOR = timedelta(days=30)


class AttendanceFollowUp(models.Model):
    """Somebody should talk to this person: about absences nobody explained, a pattern, or too low an attendance.

    The system opens a case, keeps its figures up to date and closes it when its cause is gone. A case that a person
    closed stays closed: only new absences open another one.
    """

    _name = "spp.attendance.follow.up"
    _description = "Attendance Follow-up"
    _inherit = ["mail.thread", "mail.activity.mixin", "spp.guarded.fields.mixin"]
    #: A case reminds of what registers say and decides nothing; whole classes of them close quietly.
    _traced = False
    _order = "last_day desc, id desc"
    _rec_name = "partner_id"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"
    _area_open = ("('responsible_id', '=', user.id)",)

    #: What people do not write: the facts, and the state, which has buttons.
    _system_fields = (
        *("partner_id", "session_type_id", "roster_id", "company_id", "kind", "state", "attendance_ids"),
        *("absence_count", "session_count", "first_day", "last_day", "period_from", "period_to", "rate"),
        *("required_percentage", "closed_by_id", "closed_at", "told_at"),
    )

    partner_id = fields.Many2one(
        "res.partner", "Participant", required=True, ondelete="restrict", index=True, readonly=True
    )
    session_type_id = fields.Many2one("spp.session.type", required=True, ondelete="restrict", index=True, readonly=True)
    roster_id = fields.Many2one("spp.session.roster", ondelete="set null", index="btree_not_null", readonly=True)
    company_id = fields.Many2one("res.company", index=True, readonly=True)
    kind = fields.Selection(
        [
            ("unexplained", "Unexplained Absence"),
            ("in_row", "Absent in a Row"),
            ("frequent", "Often Absent"),
            ("weekday", "Always the Same Weekday"),
            ("below_requirement", "Below the Requirement"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("dismissed", "Dismissed")],
        required=True,
        readonly=True,
        default="open",
        index=True,
        tracking=True,
    )
    responsible_id = fields.Many2one("res.users", ondelete="set null", index="btree_not_null", tracking=True)
    explanation = fields.Char(compute="_compute_explanation")
    absence_count = fields.Integer("Absences", readonly=True)
    session_count = fields.Integer("Sessions Looked At", readonly=True)
    first_day = fields.Date(readonly=True)
    last_day = fields.Date(readonly=True)
    period_from = fields.Date("First Day of the Period", readonly=True)
    period_to = fields.Date("Last Day of the Period", readonly=True)
    rate = fields.Float("Attendance (%)", digits=(5, 2), readonly=True, aggregator="avg")
    required_percentage = fields.Float("Required (%)", digits=(5, 2), readonly=True, aggregator="avg")
    attendance_ids = fields.Many2many(
        "spp.session.attendance",
        "attendance_follow_up_mark_rel",
        "follow_up_id",
        "attendance_id",
        "Marks",
        readonly=True,
        help="The absences that this case is about.",
    )
    note = fields.Text("What Was Found Out")
    closed_by_id = fields.Many2one("res.users", readonly=True, help="Empty: the cause was gone.")
    closed_at = fields.Datetime(readonly=True)
    told_at = fields.Datetime("To-do Made At", readonly=True)

    _one_open_case = models.UniqueIndex(
        "(partner_id, session_type_id, kind) WHERE state = 'open'",
        "There is an open case of this kind for the person already.",
    )
    _untold = models.Index("(last_day) WHERE state = 'open' AND told_at IS NULL")

    # --- what the case says

    @api.depends("kind", "absence_count", "session_count", "first_day", "last_day", "rate", "required_percentage")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for case in self:
            numbers = {
                "absences": case.absence_count,
                "sessions": case.session_count,
                "first": format_date(self.env, case.first_day),
                "last": format_date(self.env, case.last_day),
                "weekday": format_date(self.env, case.last_day, date_format="EEEE"),
                "rate": f"{case.rate:.2f}",
                "required": f"{case.required_percentage:g}",
            }
            match case.kind:
                case "unexplained" if case.absence_count == 1:
                    text = self.env._("Absent on %(last)s, and nobody said why.", **numbers)
                case "unexplained":
                    text = self.env._(
                        "Absent %(absences)s times from %(first)s to %(last)s, and nobody said why.", **numbers
                    )
                case "in_row":
                    text = self.env._(
                        "Absent %(absences)s times in a row from %(first)s to %(last)s, and nobody said why.", **numbers
                    )
                case "frequent":
                    text = self.env._(
                        "Absent in %(absences)s of the last %(sessions)s sessions, from %(first)s to %(last)s.",
                        **numbers,
                    )
                case "weekday":
                    text = self.env._(
                        "Absent %(absences)s times in the last %(sessions)s sessions, always on a %(weekday)s, from "
                        "%(first)s to %(last)s.",
                        **numbers,
                    )
                case _other:
                    text = self.env._(
                        "Attendance is %(rate)s %% of %(sessions)s sessions from %(first)s to %(last)s; %(required)s %% "
                        "is required.",
                        **numbers,
                    )
            case.explanation = text

    # --- who may change what

    @api.model
    def _guarded_message(self, name):
        return self.env._("What the system found is not written by hand: use the buttons of the follow-up.")

    def write(self, vals):
        result = super().write(vals)
        if vals.get("responsible_id"):
            # sudo: who hands a case over need not be allowed to write other people's to-dos
            self.sudo().activity_reschedule([ACTIVITY], new_user_id=vals["responsible_id"])
        return result

    def action_done(self, note=None):
        """Close cases: the person was talked to.

        :param str note: what was found out
        :raise AccessError: for anybody but a session manager or who is responsible
        """
        self._close("done", note)

    def action_dismiss(self, note=None):
        """Close cases that need nothing.

        :param str note: why
        :raise AccessError: for anybody but a session manager or who is responsible
        """
        self._close("dismissed", note)

    def _close(self, state, note):
        self.check_access("write")
        # sudo: the state is nobody's to write; access was checked
        todo_sudo = self.sudo().filtered(lambda case: case.state == "open")
        vals = {"state": state, "closed_by_id": self.env.uid, "closed_at": database_now(self.env)}
        todo_sudo.write(vals | ({"note": note.strip()} if (note or "").strip() else {}))
        todo_sudo.activity_feedback([ACTIVITY], feedback=note)

    def action_reopen(self):
        """Open cases again that were closed by mistake; those whose cause is gone are done at once.

        :raise AccessError: for anybody but a session manager or who is responsible
        :raise UserError: when another case of the kind is open for one of these people
        """
        self.check_access("write")
        # sudo: the state is nobody's to write; access was checked
        closed_sudo = self.sudo().filtered(lambda case: case.state != "open")
        # sudo: a case that the user may not see is one too
        open_sudo = self.sudo().search([("state", "=", "open"), ("partner_id", "in", closed_sudo.partner_id.ids)])
        taken = {(case.partner_id, case.session_type_id, case.kind) for case in open_sudo}
        for case in closed_sudo:
            key = (case.partner_id, case.session_type_id, case.kind)
            if key in taken:
                raise UserError(
                    self.env._("Another case of this kind is open for %s: go on with that one.", named(case.partner_id))
                )
            taken.add(key)
        closed_sudo.write({"state": "open", "closed_by_id": False, "closed_at": False, "told_at": False})
        closed_sudo._refresh(closed_sudo.partner_id, closed_sudo.session_type_id)

    def action_view_marks(self):
        """Open the absences that these cases are about.

        :return: window action (dict).
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_attendance")
        return {**action, "domain": [("id", "in", self.attendance_ids.ids)], "context": {}}

    # --- cron

    @api.model
    def _cron_refresh(self, batch_size=500):
        """Look again at all open cases: policies, statuses and terms may have changed."""
        pairs = self._read_group([("state", "=", "open")], ["partner_id", "session_type_id"])
        remaining = len(pairs)
        for batch in split_every(batch_size, pairs):
            partners = self.env["res.partner"].union(*(partner for partner, _type in batch))
            session_types = self.env["spp.session.type"].union(*(session_type for _partner, session_type in batch))
            self._refresh(partners, session_types)
            remaining -= len(batch)
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=remaining):
                return

    @api.model
    def _cron_make_activities(self, batch_size=500):
        """Make a to-do for who is responsible for a new case."""
        untold = (
            Domain("state", "=", "open")
            & Domain("told_at", "=", False)
            & Domain("responsible_id.active", "=", True)
            & Domain("last_day", ">=", database_now(self.env).date() - TELL_FOR)
        )
        while batch := self.search(untold, limit=batch_size, order="id").try_lock_for_update():
            batch._make_activities()
            if not self.env["ir.cron"]._commit_progress(len(batch), remaining=self.search_count(untold)):
                return

    def _make_activities(self):
        """One to-do per case for who is responsible."""
        activity_type, model_id = self.env.ref(ACTIVITY), self.env["ir.model"]._get_id(self._name)
        # a list of to-dos a day, not a mail for each
        # sudo: to-dos are written for others
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(
            [
                {
                    "activity_type_id": activity_type.id,
                    "res_model_id": model_id,
                    "res_id": case.id,
                    "user_id": case.responsible_id.id,
                    "automated": True,
                    # clock: the day in the zone of who is asked; nothing follows from it
                    "date_deadline": fields.Date.context_today(case.with_context(tz=case.responsible_id.tz)),
                    "summary": localized.partner_id.display_name,
                    "note": localized.explanation,
                }
                for case in self
                for localized in [case.with_context(lang=case.responsible_id.lang)]
            ]
        )
        # sudo: when somebody was told is nobody's to write
        self.sudo().write({"told_at": database_now(self.env)})
