# Part of the SPP attendance suite. LGPL-3.
"""Who is expected in a session, how many there is room for, and how many came."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL


class Session(models.Model):
    _inherit = "spp.session"

    expected_participant_ids = fields.Many2many(
        "res.partner", "session_expected_participant_rel", "session_id", "partner_id", "Expected Participants"
    )
    max_participants = fields.Integer("Capacity", help="0: as many people as come.")
    expected_count = fields.Integer("Expected", compute="_compute_expected_count")
    capacity = fields.Integer(
        "Capacity in Force",
        compute="_compute_expected_count",
        help="The session's own and that of its place: the smaller.",
    )
    is_over_capacity = fields.Boolean(compute="_compute_expected_count")
    attendance_count = fields.Integer("Attended", compute="_compute_attendance")
    attendance_rate = fields.Float("Attendance Rate (%)", compute="_compute_attendance")

    _capacity_not_negative = models.Constraint(
        "CHECK (max_participants >= 0)", "The capacity is a number of people; 0 means that there is no limit."
    )

    @api.depends("expected_participant_ids", "max_participants", "location_id.capacity")
    def _compute_expected_count(self):
        for session in self:
            # sudo: how many people fit in is for everybody who sees the session
            limits = (session.max_participants, session.location_id.sudo().capacity)
            session.capacity = min(filter(None, limits), default=0)
            session.expected_count = len(session.expected_participant_ids)
            session.is_over_capacity = 0 < session.capacity < session.expected_count

    @api.depends("attendance_ids.is_attended", "expected_participant_ids")
    def _compute_attendance(self):
        attended = {}
        for session, participants in self.env["spp.session.attendance"]._read_group(
            [("session_id", "in", self.ids), ("is_attended", "=", True)],
            ["session_id"],
            ["participant_id:recordset"],
        ):
            attended[session.id] = participants
        for session in self:
            present = attended.get(session._origin.id, self.env["res.partner"])
            expected = session.expected_participant_ids
            session.attendance_count = len(present)
            # people who came unexpected count as attended, but never push the rate of the expected above 100 %
            session.attendance_rate = 100.0 * len(expected & present) / len(expected) if expected else 0.0

    def _fill_expected_participants(self, people=None):
        """Expect those who are on the session's roster on its date, and nobody who is on it on other days only.

        Participants who never were on the roster were added by hand and stay.

        :param people: dict roster id -> set of ids of people who were on it, also when their memberships are deleted now
        """
        rosters = self.roster_id
        # sudo: who is expected does not depend on the areas that the user works in
        members = rosters.sudo()._members_by_day(self.mapped("date"))
        # sudo: who was ever expected does not depend on the areas that the user works in
        ever = {
            roster.id: set(partners.ids)
            for roster, partners in self.env["spp.session.roster.membership"]
            .sudo()
            ._read_group([("roster_id", "in", rosters.ids)], ["roster_id"], ["partner_id:recordset"])
        }
        expected = self._expected_ids()
        # who was archived leaves a roster like everybody else
        for session in self.sudo().with_context(active_test=False):  # sudo: as above
            on_date, current = members[session.roster_id.id, session.date], expected[session.id]
            former = (people or {}).get(session.roster_id.id, set())
            not_on_date = (ever.get(session.roster_id.id, set()) | former) - on_date
            wanted = (current - not_on_date) | on_date
            if wanted != current:
                session.expected_participant_ids = [
                    *(Command.unlink(partner_id) for partner_id in sorted(current - wanted)),
                    *(Command.link(partner_id) for partner_id in sorted(wanted - current)),
                ]
        # what superuser mode has read is not for everybody
        self.invalidate_recordset(["expected_participant_ids"])

    def _expected_ids(self):
        """Everybody who is expected, also people whom the user may not see; one query.

        :return: dict session id -> set of partner ids
        """
        self.flush_recordset(["expected_participant_ids"])
        expected = {session_id: set() for session_id in self.ids}
        for session_id, partner_id in self.env.execute_query(
            SQL(
                "SELECT session_id, partner_id FROM session_expected_participant_rel WHERE session_id = ANY(%s)",
                self.ids,
            )
        ):
            expected[session_id].add(partner_id)
        return expected

    def _without_people(self):
        """Of these sessions those in which nobody is expected and nobody is marked; two queries."""
        expected = self._expected_ids()
        empty = self.filtered(lambda session: not expected[session.id])
        # sudo: somebody whom the user may not see is somebody
        marked = (
            self.env["spp.session.attendance"].sudo()._read_group([("session_id", "in", empty.ids)], ["session_id"])
        )
        return empty - self.browse(session.id for (session,) in marked)

    def _check_has_people(self):
        """A register without anybody says nothing: it is no register.

        :raise UserError: when nobody is expected and nobody is marked in one of the sessions
        """
        empty = self._without_people()
        if empty:
            raise UserError(
                self.env._(
                    "Nobody is expected in %s and nobody is marked: add participants, or cancel the session.",
                    empty[0].display_name,
                )
            )
