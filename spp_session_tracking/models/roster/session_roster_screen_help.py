# Part of the SPP attendance suite. LGPL-3.
from odoo import models
from odoo.exceptions import UserError


class Session(models.Model):
    _inherit = "spp.session"

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

    def action_mark_everybody(self):
        """Mark everybody expected who has no mark yet: announced absences and holds as such, all others present.

        :raise UserError: when a session is cancelled, or its register is closed
        """
        self.check_access("write")
        suggestions = self._suggest_marks()
        statuses = {status.code: status.id for status in self._roster_statuses()}
        marked = {
            session.id: set(people.ids)
            for session, people in self.env["spp.session.attendance"]._read_group(
                [("session_id", "in", self.ids)], ["session_id"], ["participant_id:recordset"]
            )
        }
        vals_list = []
        for session in self:
            for person in session.expected_participant_ids:
                if person.id in marked.get(session.id, ()):
                    continue
                suggestion = suggestions.get((session.id, person.id))
                known = suggestion if suggestion and suggestion.is_known else None
                vals_list.append(
                    {
                        "session_id": session.id,
                        "participant_id": person.id,
                        "status_id": statuses[known.status if known else "present"],
                        "reason_id": known.reason.id if known else False,
                    }
                )
        self.env["spp.session.attendance"].create(vals_list)

    def action_add_participants(self):
        """Open the window that adds many people at once.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_add_participants")
        role = "expected" if self.state in ("scheduled", "in_progress") else "marked"
        return {**action, "context": {"default_session_id": self.id, "default_role": role}}
