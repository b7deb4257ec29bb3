# Part of the SPP attendance suite. LGPL-3.
"""Present, late, partial or absent: what a policy makes of an arrival, to the second."""

from datetime import datetime, timedelta

from psycopg2.errors import CheckViolation

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestArrivalPolicy(SessionTrackingCase):
    def code_after(self, session, **late_by):
        return session._arrival_status(datetime(2025, 9, 30, 23, 0) + timedelta(**late_by)).code

    def test_each_step_ends_with_its_last_second(self):
        self.policy.write({"partial_after_minutes": 30, "absent_after_minutes": 60})
        session = self.make_sessions()
        for late_by, code in (
            ({"minutes": -20}, "present"),
            ({"minutes": 5}, "present"),
            ({"minutes": 5, "seconds": 1}, "late"),
            ({"minutes": 30}, "late"),
            ({"minutes": 30, "seconds": 1}, "partial"),
            ({"minutes": 60}, "partial"),
            ({"minutes": 65}, "absent"),
        ):
            self.assertEqual(self.code_after(session, **late_by), code, late_by)

    def test_steps_can_be_left_out(self):
        session = self.make_sessions()
        self.assertEqual(self.code_after(session, hours=5), "late")
        self.policy.absent_after_minutes = 60
        self.assertEqual(self.code_after(session, minutes=50), "late")
        self.assertEqual(self.code_after(session, minutes=61), "absent")

    def test_no_grace_means_nobody_may_be_late(self):
        self.policy.grace_minutes = 0
        session = self.make_sessions()
        self.assertEqual(self.code_after(session, seconds=0), "present")
        self.assertEqual(self.code_after(session, seconds=1), "late")

    def test_steps_out_of_order(self):
        for vals in ({"partial_after_minutes": 4}, {"partial_after_minutes": 30, "absent_after_minutes": 20}):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                self.policy.write(vals)
                self.policy.flush_recordset()
