# Part of the SPP attendance suite. LGPL-3.
"""Marking a register: what it suggests, and the decisions that are stored."""

from datetime import timedelta
from typing import NamedTuple

from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError
from odoo.tools import SQL

from ..attendance.attendance_status import ARRIVAL_KINDS

#: What the roster screen sends besides the status.
DETAILS = ("late_minutes", "notes", "reason_id")
#: Nobody comes later than that to a session.
MINUTES_OF_A_DAY = 24 * 60


class Suggestion(NamedTuple):
    """What a register opens with for a person who has no mark yet.

    `status`: code, False when nothing is suggested; `why`: text for the screen, empty for the usual; `reason`: absence
    reason record, may be empty; `is_known`: somebody decided it before (announced absence, hold).
    """

    status: str | bool
    why: str
    reason: models.Model
    is_known: bool


class Session(models.Model):
    _inherit = "spp.session"

    # --- suggestions

    def _suggest_marks(self):
        """What to suggest for people of these sessions; a fixed number of queries for any number of people.

        An announced absence goes before a hold, that before a continuing absence. People who are left out are suggested
        as `_usual_suggestion` says.

        :return: dict (session id, partner id) -> `Suggestion`
        """
        suggestions = {}
        no_reason = self.env["spp.attendance.reason"]
        statuses = self.env["spp.attendance.status"]
        absent, on_hold = (statuses._of_kind(kind)[1] for kind in ("absent", "on_hold"))
        policies = {session.id: session.applied_policy_id for session in self}
        for session_id, partner_id in self._continuing_absences():
            after = policies[session_id].continuing_absence_after
            suggestions[session_id, partner_id] = Suggestion(
                absent, self.env._("away %s times in a row", after), no_reason, False
            )
        holds = self.roster_id._holds_by_day(self.mapped("date"))
        for session in self:
            for partner_id in holds.get((session.roster_id.id, session.date), ()):
                suggestions[session.id, partner_id] = Suggestion(on_hold, self.env._("on hold"), no_reason, True)
        for key, absence in self.env["spp.session.absence"]._for_sessions(self).items():
            reason = absence.reason_id
            why = self.env._("announced: %s", reason.name)
            suggestions[key] = Suggestion(reason.status_id.code, why, reason, True)
        return suggestions

    def _usual_suggestion(self):
        """What is suggested for somebody whom nothing is known about: present, unless terminals speak for the session."""
        status = (
            False if self.applied_policy_id.auto_submit else self.env["spp.attendance.status"]._of_kind("present")[1]
        )
        return Suggestion(status, "", self.env["spp.attendance.reason"], False)

    def _continuing_absences(self):
        """Who attended none of the last sessions of the roster, as many as the policy says; one query.

        Sessions that terminals record suggest nothing, and sessions on hold are no absence.

        :return: list of (session id, partner id)
        """
        self.env["spp.session"].flush_model()
        self.env["spp.session.policy"].flush_model()
        self.env["spp.attendance.status"].flush_model(["kind"])
        self.env["spp.session.attendance"].flush_model(["session_id", "participant_id", "status_id", "is_attended"])
        return self.env.execute_query(
            SQL(
                """
                WITH recent AS (
                    SELECT session.id AS session_id, earlier.id AS earlier_id, policy.continuing_absence_after AS wanted
                      FROM spp_session session
                      JOIN spp_session_policy policy ON policy.id = session.applied_policy_id
                CROSS JOIN LATERAL (
                            SELECT other.id
                              FROM spp_session other
                             WHERE other.roster_id = session.roster_id AND other.submitted_at IS NOT NULL
                               AND other.state <> 'cancelled' AND other.start_datetime < session.start_datetime
                          ORDER BY other.start_datetime DESC
                             LIMIT policy.continuing_absence_after) earlier
                     WHERE session.id = ANY(%s) AND NOT COALESCE(policy.auto_submit, FALSE)
                )
                SELECT recent.session_id, mark.participant_id
                  FROM recent
                  JOIN spp_session_attendance mark ON mark.session_id = recent.earlier_id
                  JOIN spp_attendance_status status ON status.id = mark.status_id
                 WHERE NOT COALESCE(mark.is_attended, FALSE) AND status.kind <> 'on_hold'
              GROUP BY recent.session_id, mark.participant_id, recent.wanted
                HAVING COUNT(*) = recent.wanted
                """,
                self.ids,
            )
        )

    # --- decisions

    def _mark(self, values_by_person, reason=""):
        """Say how people attended these sessions: the one way for screens, terminals and other addons, in sets.

        Who has no mark yet gets one, a mark that there is changes. What follows (the status of an excuse that nobody may
        grant here, the log of a submitted register, late minutes, the hooks) follows for all of them at once.

        :param dict values_by_person: (session id, partner id) -> values of the mark as for `write`: status_id,
            attendance_time, reason_id, source, ...
        :param str reason: why marks of submitted registers change
        :return: the marks, made or changed
        :raise UserError: when a session is cancelled, a register is locked, or a reason is missing
        :raise AccessError: when the user may not change these marks
        """
        marks = self.env["spp.session.attendance"]
        if not values_by_person:
            return marks
        # sudo: a mark of somebody whom the user may not see is one too: changing it is refused, not made twice
        existing = {
            (mark.session_id.id, mark.participant_id.id): mark.id
            for mark in marks.sudo().search_fetch(
                [
                    ("session_id", "in", list({session_id for session_id, _partner_id in values_by_person})),
                    ("participant_id", "in", list({partner_id for _session_id, partner_id in values_by_person})),
                ],
                ["session_id", "participant_id"],
            )
        }
        new, changed = [], {}
        for (session_id, partner_id), values in values_by_person.items():
            if mark_id := existing.get((session_id, partner_id)):
                changed[mark_id] = values
            else:
                mark = {"session_id": session_id, "participant_id": partner_id, "correction_reason": reason}
                new.append({**mark, **values})
        with self._collect_hooks():
            try:
                made = marks.create(new)
            except UniqueViolation as error:
                # somebody marked one of these people at the same moment: Odoo starts again, now knowing that mark
                raise ConcurrencyError("spp.session._mark") from error
            corrected = marks.browse(changed)
            corrected._write_each(changed, reason)
        return made | corrected

    def save_roster(self, marks, submit=False, reason=None):
        """Store decisions of the roster screen; the same call twice changes nothing.

        What somebody else decided since the roster was opened is not overwritten but returned as a conflict, and the
        register is not submitted then.

        :param list marks: dicts with participant_id, status (code), base (code when the roster was opened, or False),
            and optionally sent (codes that the browser sent before without an answer), late_minutes (number), notes
            (text), reason_id (absence reason, or False), changed (which of these three the user changed; the others
            are only stored with a new mark; without it all that are given) and is_guest (the person is not expected)
        :param bool submit: submit the register when there is no conflict
        :param str reason: why a submitted register changes; it goes into the change log
        :return: dict with conflicts (list of participant_id, name, theirs, mine) and roster (as `load_roster`)
        :raise UserError: when a person is not in the session, a status does not exist, or the register is closed
        """
        self.ensure_one()
        self.check_access("write")
        existing = {mark.participant_id.id: mark for mark in self.attendance_ids}
        known = set(self.expected_participant_ids.ids) | existing.keys() | self._accepted_guests(marks)
        codes = {status.code: status for status in self._roster_statuses()}
        conflicts, decided = [], {}
        for item in marks:
            person_id, code = item.get("participant_id"), item.get("status")
            if person_id not in known:
                raise UserError(self.env._("Somebody is not in this session any more: open the roster again."))
            if code not in codes:
                raise UserError(self.env._("There is no such status: open the roster again."))
            mark = existing.get(person_id)
            if not mark:
                decided[self.id, person_id] = self._prepare_mark_values(codes[code], item)
                continue
            theirs = self._decided_code(mark)
            if theirs not in (code, item.get("base") or False, *(item.get("sent") or ())):
                conflicts.append(
                    {
                        "participant_id": person_id,
                        "name": mark.participant_id.display_name,
                        "theirs": mark.status_id.code,
                        "mine": code,
                    }
                )
            elif values := self._changed_values(mark, codes[code], item):
                decided[self.id, person_id] = values
        with self._collect_hooks():
            self._mark(decided, reason)
            if submit and not conflicts:
                self.action_submit()
        return {"conflicts": conflicts, "roster": self.load_roster()}

    def _accepted_guests(self, marks):
        """Of the people sent as guests, those who are registrants that the user may see."""
        guest_ids = [item.get("participant_id") for item in marks if item.get("is_guest")]
        if not guest_ids:
            return set()
        return set(self.env["res.partner"].search([("id", "in", guest_ids), *self._guest_domain()]).ids)

    def _decided_code(self, mark):
        """The code that a person decided: of an excuse that waits for a manager the one asked for."""
        return mark.requested_status_id.code if mark.excuse_state == "requested" else mark.status_id.code

    def _prepare_mark_values(self, status, item):
        values = {"status_id": status.id}
        if "notes" in item:
            values["notes"] = (item["notes"] or "").strip() or False
        minutes = item.get("late_minutes")
        is_number = isinstance(minutes, int | float) and minutes < MINUTES_OF_A_DAY
        if status.kind in ARRIVAL_KINDS and is_number and self.start_datetime:
            values["attendance_time"] = self.start_datetime + timedelta(minutes=int(max(minutes, 0)))
        if item.get("reason_id"):
            values["reason_id"] = item["reason_id"]
        return values

    def _changed_values(self, mark, status, item):
        """What to write so that a stored mark says what the item says; empty when it does already."""
        changed = item.get("changed", DETAILS)
        item = {name: value for name, value in item.items() if name not in DETAILS or name in changed}
        values = self._prepare_mark_values(status, item)
        if "reason_id" in item:
            values.setdefault("reason_id", False)
        arrival = values.get("attendance_time")
        if arrival and mark.attendance_time and mark.attendance_time.replace(second=0) == arrival.replace(second=0):
            del values["attendance_time"]  # a terminal knows the second
        reason_id = values.get("reason_id", mark.reason_id.id)
        is_same = status.code in (mark.status_id.code, self._decided_code(mark))
        if is_same and (reason_id == mark.reason_id.id or (status.is_excused and not reason_id)):
            # a mark that is only confirmed keeps its source and its excuse
            values = {name: value for name, value in values.items() if name not in ("status_id", "reason_id")}
            return {name: value for name, value in values.items() if mark[name] != value}
        if mark.source == "person" and status.kind not in ARRIVAL_KINDS:
            values["attendance_time"] = False  # that somebody came late was said by a person, who takes it back
        return {**values, "source": "person"}

    def action_mark_everybody(self):
        """Mark everybody expected who has no mark yet: announced absences and holds as such, all others present.

        :raise UserError: when a session is cancelled, or its register is closed
        """
        self.check_access("write")
        suggestions = self._suggest_marks()
        statuses = {status.code: status.id for status in self._roster_statuses()}
        present = self.env["spp.attendance.status"]._by_kind("present").id
        marked = {
            session.id: set(people.ids)
            for session, people in self.env["spp.session.attendance"]._read_group(
                [("session_id", "in", self.ids)], ["session_id"], ["participant_id:recordset"]
            )
        }
        decided = {}
        for session in self:
            for person in session.expected_participant_ids:
                if person.id in marked.get(session.id, ()):
                    continue
                suggestion = suggestions.get((session.id, person.id))
                known = suggestion if suggestion and suggestion.is_known else None
                decided[session.id, person.id] = {
                    "status_id": statuses[known.status] if known else present,
                    "reason_id": known.reason.id if known else False,
                }
        self._mark(decided)
