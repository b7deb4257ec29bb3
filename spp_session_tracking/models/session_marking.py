# Part of the SPP attendance suite. LGPL-3.
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class Session(models.Model):
    _inherit = "spp.session"

    @api.model
    def load_my_day(self):
        """The sessions that the user (co-)facilitates today, where each of them takes place; the running one first.

        :return: list of dict with id, name, period (text), is_running, is_submitted, people (number)
        """
        today = fields.Date.today()
        near = (
            Domain("date", ">=", today - timedelta(days=1))
            & Domain("date", "<=", today + timedelta(days=1))
            & Domain("state", "!=", "cancelled")
            & (Domain("facilitator_id", "=", self.env.uid) | Domain("co_facilitator_ids", "in", self.env.uid))
        )
        now = datetime.now(UTC)
        sessions = self.search(near, order="start_datetime, id").filtered(
            lambda session: (
                session.date == now.astimezone(ZoneInfo(session.tz)).date()
                # a session of yesterday that goes on over midnight
                or session.start_datetime <= now.replace(tzinfo=None) <= session.end_datetime
            )
        )
        now = now.replace(tzinfo=None)
        day = [
            {
                "id": session.id,
                "name": session.name,
                "period": session.time_period,
                "is_running": session.start_datetime <= now <= session.end_datetime,
                "is_submitted": bool(session.submitted_at),
                "people": len(session.expected_participant_ids),
            }
            for session in sessions
        ]
        return sorted(day, key=lambda session: not session["is_running"])

    def load_roster(self):
        """Everything the roster screen shows, in a fixed number of queries.

        A row's `status` is a decision that was taken; its `suggestion` is what will be sent if nobody changes it: on
        hold, or present. Sessions that submit themselves suggest nothing, terminals speak for them.

        :return: dict with id, name, is_submitted, can_mark, minutes_since_start, statuses and rows
        """
        self.ensure_one()
        self.check_access("read")
        statuses = self.env["spp.attendance.status"].search([("active", "=", True)])
        marks = {mark.participant_id.id: mark for mark in self.attendance_ids}
        people = self.expected_participant_ids | self.attendance_ids.participant_id
        on_hold = self.roster_id._holds_by_day([self.date]).get((self.roster_id.id, self.date), set())
        usual = False if self.applied_policy_id.auto_submit else "present"
        now = fields.Datetime.now()
        return {
            "id": self.id,
            "name": self.name,
            "is_submitted": bool(self.submitted_at),
            "can_mark": self.state != "cancelled" and self.has_access("write"),
            "grace_minutes": self.applied_policy_id.grace_minutes,
            "minutes_since_start": max(int((now - self.start_datetime).total_seconds() // 60), 0),
            "statuses": [
                {"code": status.code, "name": status.name, "key": status.keyboard_key or "", "color": status.color}
                for status in statuses
            ],
            "rows": [
                {
                    "participant_id": person.id,
                    "name": person.display_name,
                    "status": marks[person.id].status_id.code if person.id in marks else False,
                    "late_minutes": marks[person.id].late_minutes if person.id in marks else 0,
                    "notes": (marks[person.id].notes or "") if person.id in marks else "",
                    "suggestion": "on_hold" if person.id in on_hold else usual,
                }
                for person in people.sorted("display_name")
            ],
        }

    def save_roster(self, marks, submit=False):
        """Store decisions of the roster screen; the same call twice changes nothing.

        What somebody else decided since the roster was opened is not overwritten but returned as a conflict, and the
        register is not submitted then.

        :param list marks: dicts with participant_id, status (code), base (code when the roster was opened, or False),
            and optionally late_minutes (number) and notes (text)
        :param bool submit: submit the register when there is no conflict
        :return: dict with conflicts (list of participant_id, name, theirs, mine) and roster (as `load_roster`)
        :raise UserError: when a person is not in the session, or a status does not exist
        """
        self.ensure_one()
        self.check_access("write")
        existing = {mark.participant_id.id: mark for mark in self.attendance_ids}
        known = set(self.expected_participant_ids.ids) | existing.keys()
        codes = {status.code: status for status in self.env["spp.attendance.status"].search([("active", "=", True)])}
        conflicts, new, changed = [], [], {}
        for item in marks:
            person_id, code = item.get("participant_id"), item.get("status")
            if person_id not in known:
                raise UserError(self.env._("Somebody is not in this session any more: open the roster again."))
            if code not in codes:
                raise UserError(self.env._("There is no such status: open the roster again."))
            vals = self._prepare_mark_values(codes[code], item)
            mark = existing.get(person_id)
            theirs = mark.status_id.code if mark else False
            if theirs not in (False, item.get("base") or False, code):
                conflicts.append(
                    {
                        "participant_id": person_id,
                        "name": mark.participant_id.display_name,
                        "theirs": theirs,
                        "mine": code,
                    }
                )
            elif not mark:
                new.append({"session_id": self.id, "participant_id": person_id, **vals})
            elif theirs != code:
                # who is confirmed as the terminal saw it stays the terminal's
                changed.setdefault(tuple({**vals, "source": "person"}.items()), []).append(mark.id)
            elif any(mark[name] != value for name, value in vals.items() if name != "status_id"):
                changed.setdefault(tuple(vals.items()), []).append(mark.id)
        self.env["spp.session.attendance"].create(new)
        for vals, mark_ids in changed.items():
            self.env["spp.session.attendance"].browse(mark_ids).write(dict(vals))
        if submit and not conflicts:
            self.action_submit()
        return {"conflicts": conflicts, "roster": self.load_roster()}

    def _prepare_mark_values(self, status, item):
        vals = {"status_id": status.id, "notes": (item.get("notes") or "").strip() or False}
        if status.code == "late" and isinstance(item.get("late_minutes"), int | float):
            vals["attendance_time"] = self.start_datetime + timedelta(minutes=max(int(item["late_minutes"]), 0))
        return vals

    def action_open_roster(self):
        """Open the roster screen on this session.

        :return: client action (dict).
        """
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "spp_session_tracking.roster",
            "name": self.name,
            "context": {"active_id": self.id},
        }
