# Part of the SPP attendance suite. LGPL-3.
"""Who is expected on a day, though people join, leave and come back."""

from datetime import date

from psycopg2.errors import CheckViolation, ExclusionViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
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

    def test_many_people_join_at_once(self):
        newcomers = self.env["res.partner"].create([{"name": f"New {n}", "is_registrant": True} for n in range(3)])
        left, stays = self.roster.membership_ids[:2]
        left.date_to = "2025-10-31"
        people = newcomers | left.partner_id | stays.partner_id
        values = {"roster_id": self.roster.id, "partner_ids": people.ids, "date_from": "2025-11-01"}
        with self.assertRaises(AccessError):
            self.env["spp.session.roster.add.people"].with_user(self.facilitator).create(values)
        wizard = self.env["spp.session.roster.add.people"].with_user(self.manager).create(values)
        self.assertEqual(wizard.known_count, 1)
        self.rpc(wizard.env.user, wizard, "action_add")
        lines = self.roster.membership_ids.filtered(lambda line: str(line.date_from) == "2025-11-01")
        self.assertEqual(lines.partner_id, newcomers | left.partner_id)
        self.rpc(wizard.env.user, wizard, "action_add")
        self.assertEqual(len(self.roster.membership_ids), 8, "called twice is harmless")
        nobody = wizard.create({"roster_id": self.roster.id})
        with self.assertRaisesRegex(UserError, "at least one person"):
            nobody.action_add()

    def test_people_are_sorted_by_name(self):
        (self.people[1] + self.people[2]).write({"name": "Ana"})
        self.make_sessions()[0].attendance_ids = [
            Command.create({"participant_id": person.id, "status_id": self.present.id}) for person in self.people
        ]
        expected = self.people[1] + self.people[2] + self.people[0] + self.people[3]
        lines = self.env["spp.session.roster.membership"].search(
            [("roster_id", "=", self.roster.id)], order="partner_id"
        )
        self.assertEqual(lines.mapped("partner_id").ids, expected.ids)
        marks = self.env["spp.session.attendance"]
        by_name = marks.search([("participant_id", "in", self.people.ids)], order="participant_id desc")
        self.assertEqual([mark.participant_id for mark in by_name], list(reversed(expected)))
        groups = marks._read_group(
            [("participant_id", "in", self.people.ids)], ["participant_id"], ["__count"], order="participant_id"
        )
        self.assertEqual([person for person, _count in groups], list(expected))
