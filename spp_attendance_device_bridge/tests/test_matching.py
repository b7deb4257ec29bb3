# Part of the SPP attendance suite. LGPL-3.
"""Which scan counts for whom in which session, and when a register waits for its terminals."""

from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import DeviceBridgeCase


@tagged("post_install", "-at_install")
class TestMatching(DeviceBridgeCase):
    def test_arrival_is_the_first_scan_whatever_its_order(self):
        self.match("11 2025-10-01 06:20:00", "11 2025-10-01 05:10:00", "11 2025-10-01 11:00:00")
        mark = self.mark_of(self.ana)
        self.assertEqual(mark.attendance_time, datetime(2025, 9, 30, 22, 10))
        self.assertEqual((mark.status_id.code, mark.source), ("present", "device"))
        states = {scan.time_text[-8:]: scan.state for scan in self.device.scan_ids}
        self.assertEqual(states, {"05:10:00": "matched", "06:20:00": "repeat", "11:00:00": "repeat"})

    def test_an_earlier_scan_that_arrives_later_decides(self):
        self.match("11 2025-10-01 06:20:00")
        self.assertEqual(self.mark_of(self.ana).status_id.code, "late")
        self.match("11 2025-10-01 06:01:00")
        self.assertEqual(self.mark_of(self.ana).status_id.code, "present")
        self.assertEqual(self.device.scan_ids.mapped("state"), ["repeat", "matched"])

    def test_both_ends_of_check_in_belong_to_it(self):
        scans = self.match(
            "11 2025-10-01 04:29:59", "11 2025-10-01 04:30:00", "12 2025-10-01 12:00:00", "12 2025-10-01 12:00:01"
        )
        self.assertEqual(
            {scan.time_text[-8:]: scan.state for scan in scans},
            {"04:29:59": "outside", "04:30:00": "matched", "12:00:00": "matched", "12:00:01": "outside"},
        )
        self.assertEqual(self.mark_of(self.ben).status_id.code, "late")

    def test_grace_ends_with_its_last_second(self):
        self.match("11 2025-10-01 06:05:00", "12 2025-10-01 06:05:01")
        self.assertEqual(self.mark_of(self.ana).status_id.code, "present")
        self.assertEqual(self.mark_of(self.ben).status_id.code, "late")

    def test_what_the_terminal_said_about_somebody_can_be_made_anonymous(self):
        self.assertAnonymises(self.match("11 2025-10-01 06:00:00"), "raw_line", "credential")

    def test_between_two_sessions(self):
        scan = self.match("11 2025-10-01 17:00:00")
        self.assertEqual((scan.state, scan.partner_id, scan.reason), ("outside", self.ana, False))
        self.assertIn("check-in open", scan.explanation)

    def test_people_who_are_not_expected_here(self):
        known, unknown = self.match("99 2025-10-01 06:00:00", "98 2025-10-01 06:00:00").sorted(
            "credential", reverse=True
        )
        self.assertEqual((known.state, known.reason, known.partner_id), ("review", "not_on_roster", self.stranger))
        self.assertEqual((unknown.state, unknown.reason), ("review", "unknown_identifier"))
        self.assertFalse(self.session.attendance_ids)

    def test_shared_identifier_is_an_error_not_a_choice(self):
        self.stranger.reg_ids.value = "11"
        scan = self.match("11 2025-10-01 06:00:00")
        self.assertEqual((scan.state, scan.reason), ("review", "ambiguous_identifier"))
        self.stranger.reg_ids.status = "invalid"
        scan.with_user(self.manager).action_match()
        self.assertEqual((scan.state, scan.partner_id), ("matched", self.ana))

    def test_leading_zeros_are_another_identifier(self):
        scan = self.match("011 2025-10-01 06:00:00")
        self.assertEqual(scan.reason, "unknown_identifier")

    def test_corrected_identifier_and_matching_again(self):
        scan = self.match("77 2025-10-01 06:00:00")
        self.assertEqual(scan.state, "review")
        self.ben.reg_ids.value = "77"
        scan.with_user(self.manager).action_match()
        self.assertEqual((scan.state, scan.session_id), ("matched", self.session))
        self.assertEqual(self.mark_of(self.ben).status_id.code, "present")

    def test_future_scan_is_set_aside(self):
        tomorrow = self.env.cr.now() + timedelta(days=1)
        scan = self.scan(f"11 {tomorrow:%Y-%m-%d %H:%M:%S}")
        self.assertEqual((scan.state, scan.reason), ("review", "future"))
        scan.with_user(self.manager).action_match()
        self.assertEqual(
            (scan.state, scan.reason), ("review", "future"), "a wrong clock is not corrected by matching again"
        )

    def test_the_same_scans_twice(self):
        lines = ["11 2025-10-01 06:00:00", "12 2025-10-01 06:10:00", "98 2025-10-01 06:00:00"]
        self.assertEqual(len(self.match(*lines)), 3)
        marks = self.session.attendance_ids.mapped("write_date")
        self.assertFalse(self.match(*reversed(lines)))
        self.assertEqual(self.session.attendance_ids.mapped("write_date"), marks)

    def test_a_persons_mark_is_kept(self):
        excused = self.env["spp.attendance.status"]._by_code("excused")
        mark = (
            self.env["spp.session.attendance"]
            .with_user(self.facilitator)
            .create({"session_id": self.session.id, "participant_id": self.ana.id, "status_id": excused.id})
        )
        scan = self.match("11 2025-10-01 06:00:00")
        self.assertEqual(mark.status_id, excused)
        self.assertEqual((scan.state, scan.reason), ("review", "marked_by_person"))

    def test_late_scan_corrects_a_submitted_register_and_leaves_a_trace(self):
        self.session.action_submit()
        self.assertEqual(self.mark_of(self.ana).status_id.code, "absent")
        self.match("11 2025-10-01 06:00:00")
        mark = self.mark_of(self.ana)
        self.assertEqual(mark.status_id.code, "present")
        self.assertEqual(mark.change_ids.old_status_id.code, "absent")
        self.assertEqual(mark.change_ids.reason, "Scan of a terminal")

    def test_two_terminals_are_not_mixed(self):
        other_roster = self.roster.copy({"name": "Other", "membership_ids": []})
        self.env["spp.session.roster.membership"].create(
            {"roster_id": other_roster.id, "partner_id": self.ana.id, "date_from": "2025-09-01"}
        )
        other_session = other_roster.generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)
        self.match("11 2025-10-01 06:00:00")
        self.assertTrue(self.mark_of(self.ana))
        self.assertFalse(other_session.attendance_ids)

    def test_overlapping_sessions_take_the_nearest(self):
        later = self.roster.copy({"name": "Later", "membership_ids": []})
        self.device.roster_ids |= later
        self.env["spp.session.roster.membership"].create(
            {"roster_id": later.id, "partner_id": self.ana.id, "date_from": "2025-09-01"}
        )
        afternoon = later.generate_sessions("2025-10-01", "2025-10-01", 10.0, 12.0)
        self.match("11 2025-10-01 09:30:00")
        self.assertFalse(self.mark_of(self.ana))
        self.assertEqual(afternoon.attendance_ids.participant_id, self.ana)

    def test_silent_terminal_makes_nobody_absent(self):
        self.device.last_seen = datetime(2025, 10, 1, 1, 0)
        self.assertFalse(self.session._ready_for_submission())
        self.device.last_seen = datetime(2025, 10, 1, 5, 0, 1)
        self.assertEqual(self.session._ready_for_submission(), self.session)

    def test_waiting_scans_hold_the_submission(self):
        self.device.settle_minutes = 0
        scan = self.scan("11 2025-10-01 06:00:00")
        self.assertFalse(self.session._ready_for_submission())
        scan._match()
        self.assertTrue(self.session._ready_for_submission())

    def test_terminal_that_is_just_back_is_given_time(self):
        self.device.last_seen = False
        self.device._touch()
        self.assertFalse(self.session._ready_for_submission(), "it may have kept scans that it has not sent yet")
        self.device.online_since -= timedelta(minutes=16)
        self.assertTrue(self.session._ready_for_submission())

    def test_older_scans_that_still_come_in_hold_the_submission(self):
        self.match("11 2025-09-20 06:00:00")
        self.assertFalse(self.session._ready_for_submission(), "a terminal sends what it has kept oldest first")
        self.device.settle_minutes = 0
        self.assertTrue(self.session._ready_for_submission())

    def test_later_scans_do_not_hold_the_submission(self):
        self.match("11 2025-10-02 06:00:00")
        self.assertTrue(self.session._ready_for_submission())

    def test_gaps_start_a_new_time_online(self):
        start = self.device.online_since = datetime(2025, 10, 1)
        now = self.env.cr.now().replace(microsecond=0)
        self.device.last_seen = now - timedelta(minutes=1)
        self.device._touch()
        self.assertEqual(self.device.online_since, start)
        self.device.last_seen = now - timedelta(minutes=11)
        self.device._touch()
        self.assertEqual(self.device.online_since, now)

    def test_sessions_entered_after_the_scans_still_get_them(self):
        scans = self.match("11 2025-10-06 06:00:00", "98 2025-10-06 06:01:00")
        self.assertEqual(set(scans.mapped("state")), {"outside", "review"})
        session = self.roster.generate_sessions("2025-10-06", "2025-10-06", 6.0, 8.0)
        self.ben.reg_ids.value = "98"
        session.with_user(self.facilitator).action_submit()
        self.assertEqual(set(session.attendance_ids.mapped("status_id.code")), {"present"})
        self.assertEqual(set(scans.mapped("state")), {"matched"})

    def test_evidence_is_not_changed_or_deleted(self):
        scan = self.match("11 2025-10-01 06:00:00")
        with self.assertRaisesRegex(UserError, "is evidence and cannot be changed"):
            scan.credential = "12"
        with self.assertRaisesRegex(UserError, "is evidence and cannot be deleted"):
            scan.unlink()
        with self.assertRaisesRegex(UserError, "block the terminal instead"):
            self.device.unlink()

    def test_matching_needs_a_fixed_number_of_queries(self):
        people = self.env["res.partner"].create(
            [
                {
                    "name": f"P{n}",
                    "is_registrant": True,
                    "reg_ids": [Command.create({"id_type_id": self.pin_type.id, "value": str(1000 + n)})],
                }
                for n in range(60)
            ]
        )
        self.env["spp.session.roster.membership"].create(
            [{"roster_id": self.roster.id, "partner_id": p.id, "date_from": "2025-09-01"} for p in people]
        )
        counts = []
        for pins in (range(1000, 1005), range(1005, 1060)):
            scans = self.scan(*[f"{pin} 2025-10-01 06:00:00" for pin in pins])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            scans._match()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(len(self.session.attendance_ids), 60)
        # scans are written per person and session: one UPDATE statement covers them all
        self.assertLessEqual(counts[1], counts[0] + 2, f"queries for 5 and for 55 people: {counts}")
