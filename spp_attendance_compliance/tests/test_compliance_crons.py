# Part of the SPP attendance suite. LGPL-3.
from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestComplianceCrons(AttendanceComplianceCase):
    """The cycle ends on 31 October; what runs by itself asks what day it is where the program is."""

    def setUp(self):
        super().setUp()
        self.attend(self.people[0], 5)
        self.sessions.action_submit()

    def run_cron(self, name, day):
        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.env["spp.cycle"]), "_attendance_today", lambda cycle: day),
            patch.object(type(self.env["spp.cycle"]), "_has_job_runner", lambda cycles: False),
        ):
            self.env.ref(f"spp_attendance_compliance.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def dry_run(self, day):
        self.run_cron("ir_cron_dry_run_before_the_end", day)
        return len(self.cycle.attendance_run_ids)

    def test_dry_run_once_so_many_days_before_the_end(self):
        self.assertEqual(self.dry_run(date(2025, 10, 31)), 0, "this cycle does not ask for it")
        self.cycle.attendance_days_before = 5
        self.assertEqual(self.dry_run(date(2025, 10, 25)), 0, "six days before")
        self.assertEqual(self.dry_run(date(2025, 10, 26)), 1)
        self.assertEqual(self.dry_run(date(2025, 10, 27)), 1, "once")
        self.assertEqual(self.cycle.attendance_run_ids.state, "decided")
        self.assertEqual(set(self.memberships.mapped("state")), {"enrolled"})
        self.assertIn("1 compliant, 4 not compliant", "".join(self.cycle.message_ids.mapped("body")))

    def test_whoever_made_the_cycle_gets_a_task(self):
        self.cycle.attendance_days_before = 5
        self.env.cr.execute("UPDATE spp_cycle SET create_uid = %s WHERE id = %s", [self.officer.id, self.cycle.id])
        self.env.invalidate_all()
        self.dry_run(date(2025, 10, 26))
        self.assertEqual(self.cycle.activity_ids.user_id, self.officer)

    def test_too_late_for_a_dry_run(self):
        self.cycle.attendance_days_before = 5
        self.assertEqual(self.dry_run(date(2025, 11, 1)), 0)

    def test_filter_at_the_end_only_where_it_is_asked_for(self):
        self.cycle.attendance_filter_at_end = False
        self.run_cron("ir_cron_filter_by_attendance", date(2025, 11, 1))
        self.assertFalse(self.cycle.attendance_run_ids)
        self.cycle.attendance_filter_at_end = True
        self.run_cron("ir_cron_filter_by_attendance", date(2025, 10, 31))
        self.assertFalse(self.cycle.attendance_run_ids, "the last day is running")
        self.run_cron("ir_cron_filter_by_attendance", date(2025, 11, 1))
        self.assertEqual(self.cycle.attendance_run_ids.state, "applied")

    def test_the_second_person_is_waited_for(self):
        self.program.attendance_run_approval = True
        for _hour in range(3):
            self.run_cron("ir_cron_filter_by_attendance", date(2025, 11, 1))
        self.assertEqual(self.cycle.attendance_run_ids.mapped("state"), ["decided"], "one run, not one an hour")
        self.assertEqual(set(self.memberships.mapped("state")), {"enrolled"})
        self.assertIn("1 compliant, 4 not compliant", "".join(self.cycle.message_ids.mapped("body")))
