# Part of the SPP attendance suite. LGPL-3.
"""Times, check-in, policy and moves of a session, and which ones are submitted by the system."""

from datetime import date, datetime

from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSession(SessionTrackingCase):
    def test_times_are_local_to_the_session(self):
        session = self.make_sessions()
        self.assertEqual(session.tz, "Asia/Jakarta")
        self.assertEqual(session.start_datetime, datetime(2025, 9, 30, 23, 0))
        self.assertEqual(session.end_datetime, datetime(2025, 10, 1, 1, 0))
        self.assertEqual(session.duration_hours, 2.0)

    def test_daylight_saving_days(self):
        session = self.env["spp.session"]
        self.assertEqual(session._local_to_utc(date(2025, 3, 29), 9.0, "Europe/Berlin"), datetime(2025, 3, 29, 8, 0))
        self.assertEqual(session._local_to_utc(date(2025, 3, 30), 9.0, "Europe/Berlin"), datetime(2025, 3, 30, 7, 0))
        # 02:30 occurs twice on this day: the first one is meant
        self.assertEqual(session._local_to_utc(date(2025, 10, 26), 2.5, "Europe/Berlin"), datetime(2025, 10, 26, 0, 30))

    def test_seconds_survive(self):
        moment = self.env["spp.session"]._local_to_utc(date(2025, 10, 1), 4.5 + 1 / 3600, "UTC")
        self.assertEqual(moment, datetime(2025, 10, 1, 4, 30, 1))

    def test_nearest_policy_applies(self):
        session = self.make_sessions()
        default = self.env.ref("spp_session_tracking.session_policy_default")
        of_type, own = self.policy.copy({"name": "Type"}), self.policy.copy({"name": "Own"})
        self.session_type.policy_id = of_type
        self.assertEqual(session.applied_policy_id, self.policy, "the roster is nearer than the type")
        self.roster.policy_id = False
        self.assertEqual(session.applied_policy_id, of_type)
        session.policy_id = own
        self.assertEqual(session.applied_policy_id, own)
        session.policy_id = self.session_type.policy_id = False
        self.assertEqual(session.applied_policy_id, default)

    def test_checkin_comes_from_the_policy(self):
        session = self.make_sessions()
        self.assertEqual(session.checkin_from, datetime(2025, 9, 30, 21, 30))
        self.assertEqual(session.checkin_until, datetime(2025, 10, 1, 5, 0))

    def test_checkin_can_be_given(self):
        session = self.roster.generate_sessions("2025-10-01", "2025-10-01", 0.5, 2.0, 23.0, 1.0)
        self.assertEqual(
            session.checkin_from, datetime(2025, 9, 30, 16, 0), "23:00 before a session at 00:30 is the day before"
        )
        self.assertEqual(session.checkin_until, datetime(2025, 9, 30, 18, 0))

    def test_moves(self):
        session = self.make_sessions()
        with self.assertRaisesRegex(UserError, "cannot become completed"):
            session.state = "completed"
        session.action_start()
        session.action_start()
        self.assertEqual(session.state, "in_progress", "starting twice is harmless")
        session.action_complete()
        self.assertEqual(session.state, "completed")
        with self.assertRaisesRegex(UserError, "cannot become cancelled"):
            session.action_cancel()

    def test_end_before_start(self):
        with self.assertRaisesRegex(ValidationError, "ends before it starts"):
            self.roster.generate_sessions("2025-10-01", "2025-10-01", 8.0, 6.0)

    def test_creating_days_again_adds_only_missing_ones(self):
        first = self.make_sessions(date(2025, 10, 1), date(2025, 10, 3))
        self.assertEqual(len(first), 3)
        again = self.make_sessions(date(2025, 10, 2), date(2025, 10, 5))
        self.assertEqual(again.mapped("date"), [date(2025, 10, 4), date(2025, 10, 5)])

    def test_percentage_over_100(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self.session_type.required_attendance_percentage = 101
            self.session_type.flush_recordset()

    def test_older_name_of_the_percentage(self):
        self.session_type.required_attendance_pct = 75
        self.assertEqual(self.session_type.required_attendance_percentage, 75)

    def test_types_without_code(self):
        types = self.env["spp.session.type"].create([{"name": "A", "code": ""}, {"name": "B", "code": ""}])
        self.assertEqual(types.mapped("code"), [False, False])

    def test_cron_submits_only_closed_sessions_that_ask_for_it(self):
        closed = self.make_sessions()
        by_hand = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        by_hand.policy_id = self.env.ref("spp_session_tracking.session_policy_default")
        future = self.make_sessions(date(2099, 10, 1), date(2099, 10, 1))
        with self.enter_registry_test_mode():
            self.env.ref("spp_session_tracking.ir_cron_submit_due_sessions").method_direct_trigger()
        self.assertEqual((closed.state, by_hand.state, future.state), ("completed", "scheduled", "scheduled"))
        self.assertTrue(closed.submitted_at)
        self.assertEqual(closed.attendance_ids.status_id, self.absent)
