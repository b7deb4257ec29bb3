# Part of the SPP attendance suite. LGPL-3.
"""Who is on hold does not count, but for those who come all the same."""

from datetime import date

from psycopg2.errors import CheckViolation, ExclusionViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestHold(SessionTrackingCase):
    def codes(self, person, sessions):
        return [
            session.attendance_ids.filtered(lambda mark: mark.participant_id == person).status_id.code
            for session in sessions.sorted("date")
        ]

    def test_on_hold_is_neither_present_nor_absent(self):
        sessions = self.make_sessions(date(2025, 10, 1), date(2025, 10, 4))
        self.hold(self.people[0], date(2025, 10, 2), date(2025, 10, 3))
        sessions.action_submit()
        self.assertEqual(self.codes(self.people[0], sessions), ["absent", "on_hold", "on_hold", "absent"])
        self.assertEqual(self.codes(self.people[1], sessions), ["absent"] * 4)
        marks = sessions.attendance_ids.filtered(lambda mark: mark.status_id.code == "on_hold")
        self.assertFalse(any(marks.status_id.mapped("is_in_denominator")))

    def test_who_comes_though_on_hold_is_present(self):
        sessions = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        self.hold(self.people[0], date(2025, 10, 2), date(2025, 10, 3))
        self.env["spp.session.attendance"].create(
            {"session_id": sessions.id, "participant_id": self.people[0].id, "status_id": self.present.id}
        )
        sessions.action_submit()
        self.assertEqual(self.codes(self.people[0], sessions), ["present"])

    def test_dates_of_a_hold(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.hold(self.people[0], date(2025, 10, 2), date(2025, 10, 1))
        self.hold(self.people[0], date(2025, 10, 2), date(2025, 10, 5))
        with self.assertRaises(ExclusionViolation), mute_logger("odoo.sql_db"):
            self.hold(self.people[0], date(2025, 10, 5), date(2025, 10, 6))
