# Part of the SPP attendance suite. LGPL-3.
"""Days with scans in the ledger: once per place, not beside a session, gone when a scan finds its session."""

from datetime import date, datetime

from odoo.tests import tagged

from odoo.addons.spp_attendance_compliance.tests.common import AttendanceComplianceMixin
from odoo.addons.spp_attendance_device_bridge.tests.common import DeviceBridgeCase


@tagged("post_install", "-at_install")
class TestScanSource(AttendanceComplianceMixin, DeviceBridgeCase):
    """Ana has a session on 1 October at 06:00; Not Here is on no roster."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.device.attendance_location = "Entrance"
        cls.source = cls.env.ref("spp_attendance_scan_source.attendance_source_scan")
        [cls.nobody] = cls.make_people("No Identifier")
        cls.cycle = cls.make_attendance_cycle(
            cls.make_program("Work"),
            cls.ana + cls.ben + cls.stranger + cls.nobody,
            attendance_measure="days",
            attendance_threshold=2,
            attendance_source_ids=cls.source.ids,
        )

    def facts(self, **domain):
        return self.env["spp.event.attendance"].search(
            [("source_id", "=", self.source.id)] + [(name, "=", value) for name, value in domain.items()],
            order="attendance_date",
        )

    def decision(self, person):
        run = self.cycle._start_attendance_run()
        return run.decision_ids.filtered(lambda decision: decision.partner_id == person)

    def test_the_source_is_on_offer(self):
        self.assertTrue(self.source.active)
        self.assertEqual(self.source.location_ids.name, "Entrance")

    def test_days_with_a_scan_count_once(self):
        self.match(
            "99 2025-10-02 23:30:00", "99 2025-10-02 23:50:00", "99 2025-10-03 00:10:00", "99 2025-09-30 10:00:00"
        )
        decision = self.decision(self.stranger)
        self.assertEqual((decision.counted, decision.result), (2, "compliant"))
        first = self.facts(partner_id=self.stranger.id)[0]
        self.assertEqual(first.attendance_date, date(2025, 10, 2), "the local day")
        self.assertEqual(first.attendance_datetime, datetime(2025, 10, 2, 16, 30))
        self.assertAlmostEqual(first.attendance_time, 23.5)
        self.assertEqual(
            (first.location_id.name, first.is_attended, first.is_in_denominator), ("Entrance", True, False)
        )

    def test_a_day_with_a_session_is_not_counted_twice(self):
        self.match("11 2025-10-01 06:00:00", "11 2025-10-01 18:00:00", "11 2025-10-02 06:00:00")
        self.decision(self.ana)
        self.assertEqual(self.facts(partner_id=self.ana.id).attendance_date, date(2025, 10, 2))

    def test_absent_and_unknown_people_are_told_apart(self):
        self.assertEqual(self.decision(self.ben).result, "non_compliant", "known to the terminals, never seen")
        self.assertEqual(self.decision(self.nobody).result, "unknown")

    def test_a_scan_that_finds_its_session_later_takes_its_day_along(self):
        scans = self.match("99 2025-10-02 06:00:00", "99 2025-10-01 06:00:00")
        self.assertEqual(self.decision(self.stranger).counted, 2)
        scans[0].partner_id = self.ben
        scans[0].flush_recordset()
        run = self.cycle._start_attendance_run()
        gone = self.facts(partner_id=self.stranger.id, state="cancelled")
        self.assertEqual((len(gone), gone.cancelled_by_run_id), (1, run))
        self.assertEqual(len(self.facts(state="active")), 2)

    def test_a_terminal_without_a_place_counts_in_sessions_only(self):
        self.device.attendance_location = False
        self.match("99 2025-10-02 06:00:00")
        self.assertEqual(self.decision(self.stranger).result, "unknown")
        self.assertFalse(self.facts())

    def test_nothing_new_writes_nothing(self):
        self.match("99 2025-10-02 06:00:00")
        self.decision(self.stranger)
        before = self.facts().mapped("write_date")
        self.decision(self.stranger)
        self.assertEqual(self.facts().mapped("write_date"), before)
