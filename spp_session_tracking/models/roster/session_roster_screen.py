# Part of the SPP attendance suite. LGPL-3.
from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.tools import format_date

#: Statuses of somebody who arrived at a time.
ARRIVAL_STATUSES = ("late", "partial")


class Session(models.Model):
    _inherit = "spp.session"

    def load_roster(self):
        """Everything the roster screen shows, in a fixed number of queries for any number of people.

        A row's `status` is a decision that was taken; its `suggestion` is what will be sent if nobody changes it, and
        `why` says where it comes from. Sessions that submit themselves suggest nothing, terminals speak for them.

        :return: dict that describes the session (id, name, day, period, location, facilitator, capacity, is_submitted,
            correction, can_mark, notice, can_ask_unlock, grace_minutes, partial_after_minutes, absent_after_minutes,
            previous; starts_at, ends_at and server_now in milliseconds) with the lists statuses, reasons and rows
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
            "capacity": self.max_participants,
            "grace_minutes": policy.grace_minutes,
            "partial_after_minutes": policy.partial_after_minutes,
            "absent_after_minutes": policy.absent_after_minutes,
            "starts_at": self._milliseconds(self.start_datetime),
            "ends_at": self._milliseconds(self.end_datetime),
            "server_now": self._milliseconds(fields.Datetime.now()),
            "statuses": [
                {
                    "code": status.code,
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
        return {
            "is_submitted": is_submitted,
            "can_mark": not notice,
            "notice": notice,
            "correction": is_submitted and not notice and ("optional" if in_time else "required"),
            "correction_until": self._moment_text(until, datetime.now(UTC)) if in_time else False,
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
        arrival = mark.attendance_time if mark.status_id.code in ARRIVAL_STATUSES else False
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
