# Part of the SPP attendance suite. LGPL-3.
"""Marks follow who is expected and what the two plain switches say, whichever way it was said."""

from datetime import date
from itertools import product

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .register_common import RegisterCase


@tagged("post_install", "-at_install")
class TestExpectedAndSwitches(RegisterCase):
    def setUp(self):
        super().setUp()
        self.session = self.make_sessions()
        self.person = self.people[0]

    @freeze_time("2025-10-01 02:00:00")
    def test_the_switches_always_say_what_the_status_says(self):
        statuses = ("present", "absent", "excused", "late")
        switches = ("is_attended", "is_excused")
        for code, switch, value, user in product(statuses, switches, (True, False), (self.facilitator, self.manager)):
            with self.subTest(status=code, switch=switch, value=value, user=user.login), self.env.cr.savepoint():
                mark = self.mark(self.session, self.person, code, reason_id=self.reason(code))
                self.rpc(user, mark, "write", {switch: value})
                self.assertEqual(
                    (mark.is_attended, mark.is_excused), (mark.status_id.is_attended, mark.status_id.is_excused)
                )
                if value:
                    self.assertTrue(mark[switch])
                mark.unlink()

    def reason(self, code):
        return (
            code == "excused"
            and self.env["spp.attendance.reason"].search([("status_id.is_excused", "=", True)], limit=1).id
        )

    @freeze_time("2025-10-01 03:00:00")
    def test_who_was_archived_leaves_a_roster_like_everybody_else(self):
        sessions = self.make_sessions(date(2025, 10, 2), date(2025, 10, 4))
        self.assertIn(self.person.id, sessions._expected_ids()[sessions[0].id])
        membership = self.roster.membership_ids.filtered(lambda span: span.partner_id == self.person)
        self.person.active = False
        membership.date_to = date(2025, 10, 2)
        expected = sessions._expected_ids()
        self.assertEqual([self.person.id in expected[session.id] for session in sessions], [True, False, False])
        membership.date_from = date(2025, 10, 2)
        membership.unlink()
        self.assertNotIn(self.person.id, set().union(*sessions._expected_ids().values()))

    @freeze_time("2025-10-01 02:00:00")
    def test_order_makes_no_difference(self):
        """A guest is marked absent, then expected: that counts as when it is said the other way round."""
        first, second = self.env["res.partner"].create(
            [{"name": name, "is_registrant": True} for name in ("First", "Second")]
        )
        mark = self.mark(self.session, first, "absent")
        self.assertEqual(mark.standing, "guest")
        self.session.expected_participant_ids = [Command.link(first.id), Command.link(second.id)]
        self.assertEqual(mark.standing, "expected")
        self.assertEqual(self.mark(self.session, second, "absent").standing, "expected")

    def test_taking_somebody_off_a_submitted_register_changes_what_counts(self):
        guest = self.env["res.partner"].create({"name": "Guest", "is_registrant": True})
        self.session.expected_participant_ids = [Command.link(guest.id)]
        with freeze_time("2025-10-01 02:00:00"):
            self.session.action_submit()
            mark = self.session.attendance_ids.filtered(lambda one: one.participant_id == guest)
            self.assertEqual((mark.status_id.code, mark.standing), ("absent", "expected"))
            called = []
            self.patch(type(self.session), "_after_marks_changed", lambda sessions, people: called.append(people))
            self.session.expected_participant_ids = [Command.unlink(guest.id)]
        self.assertEqual(mark.standing, "guest")
        self.assertEqual(len(called), 1)
        self.assertIn(guest.id, called[0][self.session.id])
        rates = self.env["spp.attendance.statistics"].rate(guest, date(2025, 10, 1), date(2025, 10, 1))
        self.assertIsNone(rates[guest.id])
