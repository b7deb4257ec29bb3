# Part of the SPP attendance suite. LGPL-3.
"""The roster screen: the sessions of a day, and everything it shows of the register of one."""

from datetime import UTC, timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date, remove_accents

from odoo.addons.spp_integrity import local_day
from odoo.addons.spp_integrity.clock import database_now

from ..attendance.attendance_status import ARRIVAL_KINDS

#: Registers that were forgotten longer ago are a matter for the managers' board.
OVERDUE_DAYS = 14


class Session(models.Model):
    _inherit = "spp.session"

    # --- the sessions of a day

    @api.model
    def load_my_day(self, everybody=False):
        """What the home of the roster screen lists: the sessions that the user (co-)facilitates today, where each of them
        takes place, the running one first; then his or her registers of the last days that are missing.

        :param bool everybody: all sessions of today instead, for session managers
        :return: list of dict with id, name, period (text), day (text, False: today), location, facilitator (text),
            is_running, register_state, due (text, False: no deadline), is_overdue, people and marked (numbers)
        :raise AccessError: when somebody else than a session manager asks for everybody's
        """
        if everybody and not self.env.user.has_group("spp_session_tracking.group_session_manager"):
            raise AccessError(self.env._("Only session managers see everybody's sessions: look at your own."))
        now = database_now(self.env).replace(tzinfo=UTC)
        today = now.date()
        near = (
            Domain("date", ">=", today - timedelta(days=1 if everybody else OVERDUE_DAYS + 1))
            & Domain("date", "<=", today + timedelta(days=1))
            & Domain("state", "!=", "cancelled")
        )
        if not everybody:
            near &= Domain("facilitator_id", "=", self.env.uid) | Domain("co_facilitator_ids", "in", self.env.uid)
        sessions = self.search(near, order="start_datetime, id")
        of_today = sessions.filtered(lambda session: session._is_of_today(now))
        missing = (sessions - of_today).filtered(lambda session: not everybody and session._is_missing(now))
        marked = dict(
            self.env["spp.session.attendance"]._read_group(
                [("session_id", "in", (of_today | missing).ids)], ["session_id"], ["__count"]
            )
        )
        cards = [session._prepare_card(now, marked.get(session, 0)) for session in of_today]
        cards.sort(key=lambda card: not card["is_running"])
        return cards + [session._prepare_card(now, marked.get(session, 0)) for session in reversed(missing)]

    def _local_day(self, moment):
        """The day that `moment` (aware datetime) has where the session takes place."""
        return local_day(moment, self.tz)

    def _is_running(self, moment):
        """Whether `moment` (UTC, as Odoo stores it) lies between start and end."""
        return bool(self.start_datetime and self.end_datetime) and self.start_datetime <= moment <= self.end_datetime

    def _is_of_today(self, now):
        """Whether the session is one of today, or of yesterday and goes on over midnight."""
        return self.date == self._local_day(now) or self._is_running(now.replace(tzinfo=None))

    def _is_missing(self, now):
        """Whether the register of an earlier day should have been taken and still can be."""
        return (
            self.register_state in ("none", "partly")
            and bool(self.end_datetime)
            and self.end_datetime <= now.replace(tzinfo=None)
            and not self.is_locked
        )

    def _prepare_card(self, now, marked):
        self.ensure_one()
        moment = now.replace(tzinfo=None)
        deadline = self.submission_deadline
        return {
            "id": self.id,
            "name": self.name,
            "period": self.time_period or "",
            "day": False if self._is_of_today(now) else format_date(self.env, self.date, date_format="EEE d MMM"),
            "location": self.location or "",
            "facilitator": self.facilitator_id.display_name,
            "is_running": self._is_running(moment),
            "register_state": self.register_state,
            "due": self._moment_text(deadline, now) if deadline else False,
            "is_overdue": self.register_state != "taken" and bool(deadline) and deadline < moment,
            "people": len(self.expected_participant_ids),
            "marked": marked,
        }

    def _moment_text(self, moment, now):
        """A UTC moment on the wall clock of the session, with the day when that is not today."""
        local = self._utc_to_local(moment, self.tz)
        if local.date() == self._local_day(now):
            return f"{local:%H:%M}"
        return f"{format_date(self.env, local.date(), date_format='EEE d MMM')} {local:%H:%M}"

    # --- the way there

    def _roster_path(self):
        """The path of the roster screen of this session, for links in messages and on paper."""
        self.ensure_one()
        return f"/odoo/{self.id}/spp-today"

    def action_open_roster(self):
        """Open the roster screen on this session.

        :return: client action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.client"]._for_xml_id("spp_session_tracking.action_roster")
        return {**action, "context": {"active_id": self.id}}

    # --- one register

    def load_roster(self):
        """Everything the roster screen shows, in a fixed number of queries for any number of people.

        A row's `status` is a decision that was taken; its `suggestion` is what will be sent if nobody changes it, and
        `why` says where it comes from. Sessions that submit themselves suggest nothing, terminals speak for them.

        :return: dict that describes the session (id, name, day, period, location, facilitator, capacity, is_submitted,
            correction, can_mark, notice, can_ask_unlock, previous; of the policy grace_minutes, partial_after_minutes,
            absent_after_minutes, partial_below_percentage, absent_below_percentage; starts_at, ends_at and server_now in milliseconds) with the lists statuses, reasons and rows
        """
        self.ensure_one()
        self.check_access("read")
        policy = self.applied_policy_id
        return {
            "id": self.id,
            "name": self.name,
            "day": format_date(self.env, self.date, date_format="EEE d MMM"),
            "period": self.time_period or "",
            "location": self.location or "",
            "facilitator": self.facilitator_id.display_name,
            "capacity": self.capacity,
            "grace_minutes": policy.grace_minutes,
            "partial_after_minutes": policy.partial_after_minutes,
            "absent_after_minutes": policy.absent_after_minutes,
            "partial_below_percentage": policy.partial_below_percentage,
            "absent_below_percentage": policy.absent_below_percentage,
            "starts_at": self._milliseconds(self.start_datetime),
            "ends_at": self._milliseconds(self.end_datetime),
            "server_now": self._milliseconds(database_now(self.env)),
            "statuses": [
                {
                    "code": status.code,
                    "kind": status.kind,
                    "name": status.name,
                    "key": status.keyboard_key or "",
                    "abbreviation": status.abbreviation or status.keyboard_key or status.name,
                    "color": status.color,
                    "is_attended": status.is_attended,
                    "is_excused": status.is_excused,
                }
                for status in self._roster_statuses()
            ],
            "previous": self._previous_session().display_name or False,
            **self._prepare_register(),
            **self._prepare_rows(),
        }

    @api.model
    def _milliseconds(self, moment):
        """A UTC moment as browsers count time; False without one."""
        return moment and int(moment.replace(tzinfo=UTC).timestamp() * 1000)

    def _prepare_register(self):
        """Whether the user may mark, and what stands in the way: one plain sentence."""
        is_mine = self.has_access("write")
        is_manager = self.env.user.has_group("spp_session_tracking.group_session_manager")
        is_submitted = bool(self.submitted_at)
        in_time = bool(self._in_correction_time())
        may_correct = is_manager or self in self._open_for_facilitator()
        notice = False
        if self.state == "cancelled":
            notice = self.env._("This session was cancelled: it has no register.")
        elif not is_mine:
            notice = self.env._("Only %s and the co-facilitators mark this session.", self.facilitator_id.display_name)
        elif self.is_locked:
            notice = self.env._("This register is locked: a session manager can unlock it.")
        elif is_submitted and not may_correct:
            notice = self.env._("This register is submitted: ask a session manager to correct it.")
        until = is_submitted and self.submitted_at + timedelta(minutes=self.applied_policy_id.correction_minutes)
        # sudo: every role may know that somebody has asked already
        return {
            "is_submitted": is_submitted,
            "can_mark": not notice,
            "notice": notice,
            "correction": is_submitted and not notice and ("optional" if in_time else "required"),
            "correction_until": self._moment_text(until, database_now(self.env).replace(tzinfo=UTC))
            if in_time
            else False,
            "can_ask_unlock": is_mine and self.state != "cancelled" and self.is_locked,
            "unlock_is_asked": self.is_locked and "requested" in self.sudo().unlock_ids.mapped("state"),
        }

    def _roster_numbers(self):
        """The number by which each person is found on the roster: dict partner id -> number; addons that number people say it."""
        return {}

    def _prepare_rows(self):
        people = self._roster_people()
        marks = {mark.participant_id.id: mark for mark in self.attendance_ids}
        suggestions = self._suggest_marks()
        asked = self.env["spp.session.absence"]._for_sessions(self, people, ("requested",))
        usual = self._usual_suggestion()
        numbers = self._roster_numbers()
        reasons = self.env["spp.attendance.reason"].search([("active", "=", True)])
        used = self._used_reasons(reasons.filtered("limit_count"), people, marks)
        expected = set(self.expected_participant_ids.ids)
        is_manager = self.env.user.has_group("spp_session_tracking.group_session_manager")
        sources = dict(self.env["spp.session.attendance"]._fields["source"]._description_selection(self.env))
        rows = []
        for person in people:
            suggestion = suggestions.get((self.id, person.id), usual)
            absence = asked.get((self.id, person.id))
            rows.append(
                {
                    "participant_id": person.id,
                    "name": person.display_name,
                    "number": numbers.get(person.id, False),
                    "suggestion": suggestion.status,
                    "why": suggestion.why,
                    "is_known": suggestion.is_known,
                    "suggested_reason_id": suggestion.reason.id,
                    "asked_absence": bool(absence)
                    and self.env._("absence announced, not decided yet: %s", absence.reason_id.name),
                    "is_guest": person.id not in expected,
                    "used": used.get(person.id, {}),
                    **self._prepare_mark(marks.get(person.id), sources),
                }
            )
        return {
            "rows": rows,
            "reasons": [
                {
                    "id": reason.id,
                    "name": reason.name,
                    "status": reason.status_id.code,
                    "needs_certificate": reason.needs_certificate,
                    "is_granted_here": is_manager or reason.granted_by == "facilitator",
                    "limit_count": reason.limit_count,
                    "limit_period": reason.limit_period,
                    "is_limited_here": bool(reason.limit_count) and not is_manager,
                }
                for reason in reasons
            ],
        }

    def _prepare_mark(self, mark, sources):
        """What a row says about the mark that is stored, if there is one."""
        if not mark:
            return {
                "status": False,
                "decided": False,
                "late_minutes": None,
                "notes": "",
                "reason_id": False,
                "excuse_state": False,
                "requested_status": False,
                "certificate": False,
                "terminal": False,
            }
        arrival = mark.attendance_time if mark.status_id.kind in ARRIVAL_KINDS else False
        return {
            "status": mark.status_id.code,
            "decided": self._decided_code(mark),
            "late_minutes": max(int((arrival - self.start_datetime).total_seconds() // 60), 0)
            if arrival and self.start_datetime
            else None,
            "notes": mark.notes or "",
            "reason_id": mark.reason_id.id,
            "excuse_state": mark.excuse_state,
            "requested_status": mark.requested_status_id.code,
            "certificate": mark.certificate_state,
            "terminal": sources[mark.source] if mark.source not in ("person", "submission") else False,
        }

    def _used_reasons(self, reasons, people, marks):
        """How often people have used limited reasons in the period of this session, without the session itself.

        :return: dict partner id -> dict reason id -> number
        """
        used = {}
        company = self.company_id or self.env.company
        for kind, limited in reasons.grouped("limit_period").items():
            first, last = self.env["spp.session.term"]._periods(kind, [self.date], company)[self.date]
            for (reason_id, partner_id), count in limited._limit_used(people, first, last, company).items():
                mark = marks.get(partner_id)
                if mark and mark.excuse_state == "granted" and mark.reason_id.id == reason_id:
                    count -= 1
                used.setdefault(partner_id, {})[reason_id] = count
        return used

    def _roster_people(self):
        """Everybody in this session's register whom the user may see: expected, or marked; by name."""
        self.ensure_one()
        people = self.expected_participant_ids | self.attendance_ids.participant_id
        return people.sorted(lambda person: (remove_accents(person.display_name).casefold(), person.id))

    def _roster_statuses(self):
        """The statuses that a register may use, in the order of the catalogue."""
        return self.env["spp.attendance.status"].search([("active", "=", True)])

    # --- what helps to fill it in

    def _previous_session(self):
        """The last session of the roster before this one whose register was at least begun."""
        if not self.roster_id or not self.start_datetime:
            return self.browse()
        return self.search(
            [
                ("roster_id", "=", self.roster_id.id),
                ("start_datetime", "<", self.start_datetime),
                ("register_state", "in", ("partly", "taken")),
            ],
            order="start_datetime desc, id desc",
            limit=1,
        )

    def load_previous_marks(self):
        """How the people of this session were marked in the roster's session before. Nothing is stored.

        Excuses and holds belong to their day and are left out.

        :return: dict with name (text, of the session before) and marks (list of dict participant_id, status)
        :raise UserError: when there is no session before
        """
        self.ensure_one()
        self.check_access("write")
        previous = self._previous_session()
        if not previous:
            raise UserError(self.env._("This roster has no earlier register to copy from."))
        people = self.expected_participant_ids | self.attendance_ids.participant_id
        return {
            "name": previous.display_name,
            "marks": [
                {"participant_id": mark.participant_id.id, "status": mark.status_id.code}
                for mark in previous.attendance_ids
                if mark.participant_id in people and mark.status_id.is_in_denominator
            ],
        }

    def _guest_domain(self):
        return [
            ("is_registrant", "=", True),
            ("is_group", "=", False),
            ("disabled", "=", False),
            ("company_id", "in", (self.company_id.id, False)),
        ]

    def search_guests(self, text):
        """People who are not in this session and may be added to its register, by a part of their name.

        :param str text: at least two letters
        :return: list of dict participant_id, name; at most eight
        """
        self.ensure_one()
        self.check_access("write")
        text = (text or "").strip()
        if len(text) < 2:
            return []
        people = self.expected_participant_ids | self.attendance_ids.participant_id
        found = self.env["res.partner"].search(
            [*self._guest_domain(), ("id", "not in", people.ids), ("name", "ilike", text)], limit=8, order="name, id"
        )
        return [{"participant_id": person.id, "name": person.display_name} for person in found]

    def action_add_participants(self):
        """Open the window that adds many people at once.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_add_participants")
        role = "expected" if self.state in ("scheduled", "in_progress") else "marked"
        return {**action, "context": {"default_session_id": self.id, "default_role": role}}
