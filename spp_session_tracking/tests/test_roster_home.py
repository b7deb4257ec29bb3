# Part of the SPP attendance suite. LGPL-3.
"""The sessions of somebody's day, which of them need a register, and which are still missing from before."""

from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestRosterHome(SessionTrackingCase):
    """Sessions are 06:00-08:00 in Jakarta: 23:00-01:00 UTC, beginning on the day before."""

    def setUp(self):
        super().setUp()
        self.roster.policy_id = self.env["spp.session.policy"].create(
            {"name": "Class", "deadline_hours": 10.5, "lock_hours": 48}
        )
        self.session = self.make_sessions()

    def home(self, user=None, everybody=False):
        return self.env["spp.session"].with_user(user or self.facilitator).load_my_day(everybody)

    def mark(self, session, submit=False):
        self.env["spp.session.attendance"].create(
            {"session_id": session.id, "participant_id": self.people[0].id, "status_id": self.present.id}
        )
        if submit:
            session._submit()

    def test_my_day_is_the_day_of_the_session(self):
        with freeze_time("2025-09-30 23:30:00"):  # 06:30 on 1 October in Jakarta
            (mine,) = self.home()
        self.assertEqual((mine["id"], mine["period"], mine["is_running"]), (self.session.id, "06:00-08:00", True))
        self.assertEqual((mine["day"], mine["people"], mine["location"]), (False, 4, "North"))
        with freeze_time("2025-09-30 12:00:00"):
            self.assertFalse(self.home())
        with freeze_time("2025-09-30 23:30:00"):
            self.assertFalse(self.home(self.other_facilitator))
            self.session.co_facilitator_ids = self.other_facilitator
            self.assertEqual(len(self.home(self.other_facilitator)), 1)

    def test_the_running_one_is_first(self):
        later = self.roster.generate_sessions(date(2025, 10, 1), date(2025, 10, 1), 9.0, 10.0)
        with freeze_time("2025-09-30 23:30:00"):
            self.assertEqual([card["id"] for card in self.home()], [self.session.id, later.id])
        with freeze_time("2025-10-01 02:30:00"):
            self.assertEqual([card["id"] for card in self.home()], [later.id, self.session.id])

    def test_due_partly_taken_overdue_and_taken(self):
        # the register was planned before, so that its deadline counts from the end: 08:00 + 10.5 h
        self.cr.execute("UPDATE spp_session SET create_date = '2025-09-01' WHERE id = %s", [self.session.id])
        self.session.invalidate_recordset(["create_date"])
        self.env.add_to_compute(self.session._fields["submission_deadline"], self.session)
        with freeze_time("2025-10-01 01:30:00"):  # 08:30
            (card,) = self.home()
            self.assertEqual((card["register_state"], card["due"], card["is_overdue"]), ("none", "18:30", False))
        self.mark(self.session)
        with freeze_time("2025-10-01 12:00:00"):  # 19:00
            (card,) = self.home()
        self.assertEqual((card["register_state"], card["marked"], card["is_overdue"]), ("partly", 1, True))
        self.session._submit()
        with freeze_time("2025-10-01 12:00:00"):
            (card,) = self.home()
        self.assertEqual((card["register_state"], card["is_overdue"]), ("taken", False))

    def test_missing_registers_of_earlier_days(self):
        begun, taken, forgotten, cancelled = self.make_sessions(date(2025, 10, 2), date(2025, 10, 5)).sorted("date")
        self.mark(begun)
        self.mark(taken, submit=True)
        cancelled.state = "cancelled"
        with freeze_time("2025-10-06 05:00:00"):  # noon in Jakarta
            cards = self.home()
        self.assertEqual([card["id"] for card in cards], [forgotten.id, begun.id, self.session.id])
        self.assertEqual(cards[0]["day"], "Sat 4 Oct")
        # a register that is locked cannot be taken any more, one of a month ago is a matter for the managers
        self.cr.execute("UPDATE spp_session SET lock_datetime = '2025-10-05' WHERE id = %s", [forgotten.id])
        self.env.invalidate_all()
        with freeze_time("2025-10-06 05:00:00"):
            self.assertEqual([card["id"] for card in self.home()], [begun.id, self.session.id])
        with freeze_time("2025-11-06 05:00:00"):
            self.assertFalse(self.home())

    def test_everybodys_sessions_are_for_managers(self):
        viewer = self.make_user("viewer", "spp_session_tracking.group_session_viewer")
        with freeze_time("2025-09-30 23:30:00"):
            self.assertFalse(self.home(self.manager))
            (card,) = self.home(self.manager, everybody=True)
            self.assertEqual((card["id"], card["facilitator"]), (self.session.id, self.facilitator.name))
            for user in (self.facilitator, viewer):
                with self.assertRaisesRegex(AccessError, "Only session managers"):
                    self.rpc(user, self.env["spp.session"], "load_my_day", True)
            self.assertFalse(self.home(viewer))

    def test_a_fixed_number_of_queries(self):
        counts = []
        for hours in (1, 8):
            for hour in range(hours):
                self.roster.generate_sessions(
                    date(2025, 10, 1), date(2025, 10, 1), 10.0 + hour + hours / 10, 11.0 + hour
                )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            with freeze_time("2025-10-01 03:30:00"):
                self.home()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])
