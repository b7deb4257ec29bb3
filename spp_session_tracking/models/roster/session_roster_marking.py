# Part of the SPP attendance suite. LGPL-3.
from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import models
from odoo.exceptions import ConcurrencyError, UserError

from .session_roster_screen import ARRIVAL_STATUSES

#: What the roster screen sends besides the status.
DETAILS = ("late_minutes", "notes", "reason_id")
#: Nobody comes later than that to a session.
MINUTES_OF_A_DAY = 24 * 60


class Session(models.Model):
    _inherit = "spp.session"

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
        attendance = self.env["spp.session.attendance"]
        reason = (reason or "").strip()
        existing = {mark.participant_id.id: mark for mark in self.attendance_ids}
        known = set(self.expected_participant_ids.ids) | existing.keys() | self._accepted_guests(marks)
        codes = {status.code: status for status in self._roster_statuses()}
        conflicts, new, changed = [], {}, {}
        for item in marks:
            person_id, code = item.get("participant_id"), item.get("status")
            if person_id not in known:
                raise UserError(self.env._("Somebody is not in this session any more: open the roster again."))
            if code not in codes:
                raise UserError(self.env._("There is no such status: open the roster again."))
            mark = existing.get(person_id)
            if not mark:
                new[person_id] = {
                    "session_id": self.id,
                    "participant_id": person_id,
                    "correction_reason": reason,
                    **self._prepare_mark_values(codes[code], item),
                }
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
                changed[mark.id] = values
        try:
            with self._collect_hooks():
                attendance.create(list(new.values()))
                attendance.browse(list(changed))._write_each(changed, reason)
                if submit and not conflicts:
                    self.action_submit()
        except UniqueViolation as error:
            # somebody marked one of these people at the same moment: Odoo starts again, now knowing that mark
            raise ConcurrencyError("spp.session.save_roster") from error
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
        if status.code in ARRIVAL_STATUSES and is_number and self.start_datetime:
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
        if mark.source == "person" and status.code not in ARRIVAL_STATUSES:
            values["attendance_time"] = False  # that somebody came late was said by a person, who takes it back
        return {**values, "source": "person"}
