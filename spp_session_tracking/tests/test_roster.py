# Part of the SPP attendance suite. LGPL-3.
from datetime import date

from psycopg2.errors import CheckViolation, ExclusionViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestRoster(SessionTrackingCase):
    def test_only_members_of_the_day_are_expected(self):
        sessions = self.make_sessions(date(2025, 10, 1), date(2025, 10, 3))
        newcomer = self.env["res.partner"].create({"name": "Newcomer", "is_registrant": True})
        self.roster.membership_ids[0].date_to = date(2025, 10, 2)
        self.env["spp.session.roster.membership"].create(
            {"roster_id": self.roster.id, "partner_id": newcomer.id, "date_from": date(2025, 10, 3)}
        )
        expected = {session.date.day: session.expected_participant_ids for session in sessions}
        self.assertEqual(expected[2], self.people)
        self.assertEqual(expected[3], self.people[1:] | newcomer)

    def test_guests_stay_when_the_roster_changes(self):
        session = self.make_sessions()
        guest = self.env["res.partner"].create({"name": "Guest", "is_registrant": True})
        session.expected_participant_ids |= guest
        self.roster.membership_ids[0].unlink()
        self.assertEqual(session.expected_participant_ids, self.people[1:] | guest)

    def test_submitted_sessions_keep_whom_they_expected(self):
        session = self.make_sessions()
        session.action_submit()
        self.roster.membership_ids[0].unlink()
        self.assertEqual(session.expected_participant_ids, self.people)

    def test_left_before_joining(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.roster.membership_ids[0].date_to = date(2025, 9, 1)
            self.env.flush_all()

    def test_twice_on_the_roster(self):
        with self.assertRaises(ExclusionViolation), mute_logger("odoo.sql_db"):
            self.env["spp.session.roster.membership"].create(
                {"roster_id": self.roster.id, "partner_id": self.people[0].id, "date_from": date(2025, 11, 1)}
            )

    def test_coming_back_is_a_second_membership(self):
        self.roster.membership_ids[0].date_to = date(2025, 10, 31)
        self.env["spp.session.roster.membership"].create(
            {"roster_id": self.roster.id, "partner_id": self.people[0].id, "date_from": date(2025, 11, 1)}
        )
        members = self.roster._members_by_day([date(2025, 10, 31), date(2025, 11, 1)])
        self.assertIn(self.people[0].id, members[self.roster.id, date(2025, 10, 31)])
        self.assertIn(self.people[0].id, members[self.roster.id, date(2025, 11, 1)])
