# Part of the SPP attendance suite. LGPL-3.
"""Absences that were announced before, and what they do to marks."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.spp_integrity import named
from odoo.addons.spp_integrity.clock import company_today, database_now


class SessionAbsence(models.Model):
    """An absence that was announced: registers of those days open with it, and its excuse needs no second decision."""

    _name = "spp.session.absence"
    _description = "Announced Absence"
    _inherit = ["mail.thread", "mail.activity.mixin", "spp.guarded.fields.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "partner_id"
    _company_path = "company_id"
    _company_shared = False
    _area_path = "partner_id.area_id"

    _group_fields = {
        "spp_session_tracking.group_session_manager": (
            *("state", "announced_at", "decided_by_id", "decided_at", "decision_note"),
        ),
    }
    _fixed_fields = ("company_id",)

    partner_id = fields.Many2one(
        "res.partner",
        "Participant",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("is_registrant", "=", True), ("is_group", "=", False)],
        tracking=True,
    )
    date_from = fields.Date("First Day", required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date("Last Day", required=True, default=fields.Date.context_today, tracking=True)
    session_type_id = fields.Many2one("spp.session.type", ondelete="restrict", help="Empty: sessions of every type.")
    reason_id = fields.Many2one("spp.attendance.reason", required=True, ondelete="restrict", tracking=True)
    note = fields.Text()
    state = fields.Selection(
        [("requested", "Requested"), ("accepted", "Accepted"), ("refused", "Refused"), ("withdrawn", "Withdrawn")],
        required=True,
        readonly=True,
        default="requested",
        index=True,
        copy=False,
        tracking=True,
    )
    announced_at = fields.Datetime(required=True, readonly=True, copy=False, default=fields.Datetime.now)
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_at = fields.Datetime(readonly=True, copy=False)
    decision_note = fields.Char(readonly=True, copy=False)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, readonly=True
    )

    _in_order = models.Constraint(
        "CHECK (date_to >= date_from)", "An absence cannot end before it starts: check the two dates."
    )
    _same_days_once = models.Constraint(
        "EXCLUDE USING gist (int4range(partner_id, partner_id, '[]') WITH =, daterange(date_from, date_to, '[]') WITH &&,"
        " int4range(COALESCE(session_type_id, 0), COALESCE(session_type_id, 0), '[]') WITH =)"
        " WHERE (state IN ('requested', 'accepted'))",
        "An absence of this person is announced for some of these days already: change or withdraw that one.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self._is_manager():
            vals_list = [
                {name: value for name, value in vals.items() if self._may_write_field(name)} for vals in vals_list
            ]
        absences = super().create(vals_list)
        absences.filtered(lambda absence: absence.state == "requested")._accept_what_needs_nobody()
        absences._refresh_marks()
        return absences

    def write(self, vals):
        if not self.env.su and (decided := self.filtered(lambda absence: absence.state != "requested")):
            if {"partner_id", "date_from", "date_to", "session_type_id", "reason_id"} & vals.keys():
                raise UserError(
                    self.env._(
                        "The absence of %s is decided already: withdraw it and announce it anew.",
                        named(decided[0].partner_id),
                    )
                )
        result = super().write(vals)
        self._refresh_marks()
        return result

    @api.model
    def _guarded_message(self, name):
        return self.env._("Only a session manager decides about announced absences: ask one to do it.")

    def _is_manager(self):
        return self.env.su or self.env.user.has_group("spp_session_tracking.group_session_manager")

    def _accept_what_needs_nobody(self):
        """Accept at once what a facilitator may grant; everything a session manager enters is accepted.

        What a facilitator enters for days that are over is asked of a manager: registers may be submitted already.
        """
        plain = self
        if not self._is_manager():
            today = company_today(self.env.company)
            plain = self.filtered(
                lambda absence: absence.reason_id.granted_by == "facilitator" and absence.date_from >= today
            )
            for period, absences in (
                plain.filtered("reason_id.limit_count").grouped(lambda absence: absence._limit_period()).items()
            ):
                used = absences.reason_id._limit_used(absences.partner_id, *period)
                for absence in absences:
                    if used[absence.reason_id.id, absence.partner_id.id] >= absence.reason_id.limit_count:
                        plain -= absence
        plain._decide("accepted")

    def _limit_period(self):
        """The first day, last day and company in which the limit of this absence's reason is counted."""
        period = self.env["spp.session.term"]._period(self.reason_id.limit_period, self.date_from, self.company_id)
        return *period, self.company_id

    # --- decisions

    def action_accept(self):
        """Accept requested absences; marks of those days that say absent become excused, with a trace.

        :raise AccessError: for anybody but a session manager
        """
        self._check_may_decide()
        self.filtered(lambda absence: absence.state == "requested")._decide("accepted")

    def action_refuse(self, note=None):
        """Refuse requested absences.

        :param str note: why; the family is told this sentence
        :raise AccessError: for anybody but a session manager
        :raise UserError: without a note
        """
        self._check_may_decide()
        if not (note or "").strip():
            raise UserError(self.env._("Say why the absence is refused: the family will ask."))
        self.filtered(lambda absence: absence.state == "requested")._decide("refused", note.strip())

    def action_withdraw(self):
        """Take announced absences back; marks that were made by then stay.

        :raise UserError: when one is refused
        """
        self.check_access("write")
        if refused := self.filtered(lambda absence: absence.state == "refused"):
            raise UserError(
                self.env._("The absence of %s was refused: there is nothing to withdraw.", named(refused[0].partner_id))
            )
        # sudo: the state is nobody's to write; who may withdraw was checked
        self.sudo()._decide("withdrawn")

    def _check_may_decide(self):
        self.check_access("write")
        if not self._is_manager():
            raise AccessError(self.env._("Only a session manager decides about announced absences: ask one to do it."))

    def _decide(self, state, note=False):
        if not self:
            return
        # sudo: a facilitator's own announcement may be accepted at once, which the facilitator could not write
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": database_now(self.env),
                "decision_note": note,
            }
        )
        if state == "accepted":
            self._excuse_marks()

    # --- marks

    @api.model
    @api.private
    def _covering(self, partners, days, states=("accepted",)):
        """Announced absences of people on days; one query.

        :param partners: `res.partner` records
        :param days: iterable of ``datetime.date``
        :param states: the states wanted
        :return: dict (partner id, day) -> absences, those for one session type before those for all
        """
        days = sorted(set(days))
        found = {}
        if not days or not partners:
            return found
        # sudo: whether somebody announced an absence is not a question of the area the user works in
        absences_sudo = self.sudo().search(
            Domain("partner_id", "in", partners.ids)
            & Domain("state", "in", states)
            & Domain("date_from", "<=", days[-1])
            & Domain("date_to", ">=", days[0])
        )
        for absence in absences_sudo.sorted(lambda absence: (not absence.session_type_id, absence.id)):
            for day in days:
                if absence.date_from <= day <= absence.date_to:
                    key = (absence.partner_id.id, day)
                    found[key] = found.get(key, self.sudo().browse()) | absence  # sudo: as above
        return found

    @api.model
    @api.private
    def _for_sessions(self, sessions, partners=None, states=("accepted",)):
        """The announced absence of each person in each session; one query.

        What was announced to one company says nothing about sessions of another.

        :return: dict (session id, partner id) -> absence
        """
        partners = sessions.expected_participant_ids if partners is None else partners
        covering = self._covering(partners, sessions.mapped("date"), states)
        by_day = {}
        for (partner_id, day), absences in covering.items():
            by_day.setdefault(day, []).append((partner_id, absences))
        return {
            (session.id, partner_id): fitting[0]
            for session in sessions
            for partner_id, absences in by_day.get(session.date, ())
            if (
                fitting := absences.filtered(
                    lambda absence, session=session: (
                        absence.session_type_id in (session.session_type_id, self.session_type_id.browse())
                        and session.company_id in (absence.company_id, self.company_id.browse())
                    )
                )
            )
        }

    def _marks_domain(self):
        return Domain.OR(
            Domain("participant_id", "=", absence.partner_id.id)
            & Domain("session_date", ">=", absence.date_from)
            & Domain("session_date", "<=", absence.date_to)
            & (Domain("session_type_id", "=", absence.session_type_id.id) if absence.session_type_id else Domain.TRUE)
            & Domain("company_id", "in", (absence.company_id.id, False))
            for absence in self
        )

    def _refresh_marks(self):
        """Marks of these days know their announcement."""
        # sudo: marks that the user may not see have an announcement too
        marks_sudo = self.env["spp.session.attendance"].sudo().search(self._marks_domain())
        marks_sudo.modified(["participant_id"])

    def _excuse_marks(self):
        """Absent marks of these days become what the accepted reason says; the change log tells why.

        Marks of locked registers stay as they are: the absences say which registers have to be unlocked first.
        """
        # sudo: marks that the user may not see are excused too
        marks_sudo = (
            self.env["spp.session.attendance"]
            .sudo()
            .search(
                self._marks_domain()
                & Domain("status_id.is_attended", "=", False)
                & Domain("status_id.is_excused", "=", False)
                & Domain("status_id.is_in_denominator", "=", True)
                & Domain("session_id.state", "!=", "cancelled")
            )
        )
        self._refresh_marks()
        if not self.env.su and (locked := marks_sudo.filtered("session_id.is_locked")):
            marks_sudo -= locked
            for absence, marks in locked.grouped("absence_id").items():
                absence.message_post(
                    body=self.env._(
                        "These registers are locked and stay as they are; unlock them to excuse the person there: %s",
                        ", ".join(marks.session_id.mapped("display_name")),
                    )
                )
        excused_sudo = marks_sudo.filtered("absence_id")
        excused_sudo._write_each(
            {
                mark.id: {
                    "status_id": mark.absence_id.reason_id.status_id.id,
                    "reason_id": mark.absence_id.reason_id.id,
                }
                for mark in excused_sudo
            },
            self.env._("Announced absence accepted"),
        )
