# Part of the SPP attendance suite. LGPL-3.
"""Marks and their submission: statuses and switches in step, corrections logged, nobody twice."""

from datetime import datetime, timedelta

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_integrity import with_guarded

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestAttendance(SessionTrackingCase):
    def mark(self, session, person, **values):
        return self.env["spp.session.attendance"].create(
            {"session_id": session.id, "participant_id": person.id, **values}
        )

    def test_grace_ends_with_its_last_second(self):
        session = self.make_sessions()
        start = datetime(2025, 9, 30, 23, 0)
        self.assertEqual(session._arrival_status(start + timedelta(minutes=5)), self.present)
        self.assertEqual(session._arrival_status(start + timedelta(minutes=5, seconds=1)), self.late)

    def test_submission_marks_only_the_missing(self):
        session = self.make_sessions()
        self.mark(session, self.people[0], status_id=self.present.id)
        session.action_submit()
        self.assertEqual(session.state, "completed")
        self.assertEqual(len(session.attendance_ids), 4)
        missing = session.attendance_ids.filtered(lambda mark: mark.participant_id != self.people[0])
        self.assertEqual(missing.status_id, self.absent)
        self.assertEqual(set(missing.mapped("source")), {"submission"})
        self.assertEqual((session.attendance_count, session.attendance_rate), (1, 25.0))

    def test_submitting_twice_changes_nothing(self):
        session = self.make_sessions()
        session.action_submit()
        before = (session.submitted_at, session.write_date, session.attendance_ids.ids)
        session.action_submit()
        self.assertEqual((session.submitted_at, session.write_date, session.attendance_ids.ids), before)

    def test_unexpected_people_do_not_push_the_rate_above_100(self):
        session = self.make_sessions()
        guest = self.env["res.partner"].create({"name": "Guest", "is_registrant": True})
        for person in self.people | guest:
            self.mark(session, person, status_id=self.present.id)
        self.assertEqual((session.attendance_count, session.attendance_rate), (5, 100.0))

    def test_plain_switches_and_status_stay_in_step(self):
        session = self.make_sessions()
        mark = self.mark(session, self.people[0], is_attended=True)
        self.assertEqual(mark.status_id, self.present)
        mark.status_id = self.late
        self.assertTrue(mark.is_attended)
        mark.is_attended = False
        self.assertEqual(mark.status_id, self.absent)
        mark.is_excused = True
        self.assertEqual(mark.status_id.code, "excused")
        self.assertFalse(mark.is_attended)

    def test_late_minutes(self):
        session = self.make_sessions()
        mark = self.mark(
            session, self.people[0], status_id=self.late.id, attendance_time=datetime(2025, 9, 30, 23, 14, 30)
        )
        self.assertEqual(mark.late_minutes, 14)

    def test_a_person_twice_in_a_session(self):
        session = self.make_sessions()
        self.mark(session, self.people[0])
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.mark(session, self.people[0])

    def test_correction_after_submission_is_logged(self):
        session = self.make_sessions()
        session.action_submit()
        mark = session.attendance_ids[0]
        with_guarded(mark.with_user(self.manager), attendance_change_reason="Paper list").status_id = self.present
        self.assertEqual(mark.change_ids.old_status_id, self.absent)
        self.assertEqual(mark.change_ids.new_status_id, self.present)
        self.assertEqual((mark.change_ids.user_id, mark.change_ids.reason), (self.manager, "Paper list"))
        mark.with_user(self.manager).notes = "no change of the mark"
        self.assertEqual(len(mark.change_ids), 1)

    def test_facilitator_cannot_change_a_submitted_register(self):
        session = self.make_sessions()
        session.action_submit()
        mark = session.attendance_ids[0].with_user(self.facilitator)
        with self.assertRaisesRegex(AccessError, "ask a session manager"):
            mark.status_id = self.present
        self.assertEqual(mark.status_id, self.absent)

    def test_cancelled_sessions_take_no_marks(self):
        session = self.make_sessions()
        session.action_cancel()
        with self.assertRaisesRegex(UserError, "was cancelled"):
            self.mark(session, self.people[0])
        with self.assertRaisesRegex(UserError, "was cancelled"):
            session.action_submit()

    def test_marks_do_not_move(self):
        session = self.make_sessions()
        mark = self.mark(session, self.people[0])
        with self.assertRaisesRegex(UserError, "belongs to its person"):
            mark.participant_id = self.people[1]

    def test_taking_somebody_off_a_submitted_register_leaves_a_trace(self):
        session = self.make_sessions()
        session.action_submit()
        session.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0]).with_user(
            self.manager
        ).unlink()
        self.assertEqual(len(session.attendance_ids), 3)
        change = self.env["spp.session.attendance.change"].search([("session_id", "=", session.id)], limit=1)
        self.assertEqual((change.participant_id, change.old_status_id), (self.people[0], self.absent))
        self.assertIn("1 marks", session.message_ids[0].body)
        self.assertNotIn("Person", session.message_ids[0].body, "sessions are seen from other areas too")
        self.assertEqual(session.message_ids[0].author_id, self.manager.partner_id)

    def test_why_a_mark_was_changed_can_be_made_anonymous(self):
        session = self.make_sessions()
        session.action_submit()
        mark = session.attendance_ids[0].with_user(self.manager)
        with_guarded(mark, attendance_change_reason="His mother called").status_id = self.present
        change = self.env["spp.session.attendance.change"].search([("session_id", "=", session.id)], limit=1)
        self.assertAnonymises(change, "reason")

    def test_submitted_sessions_are_not_deleted(self):
        session = self.make_sessions()
        session.action_submit()
        with self.assertRaisesRegex(UserError, "correct its marks instead"):
            session.with_user(self.manager).unlink()

    def test_times_are_shown_as_on_the_wall_of_the_session(self):
        session = self.make_sessions()
        self.assertEqual(session.checkin_period, "04:30:00 to 12:00:00")
        mark = self.mark(
            session, self.people[0], status_id=self.late.id, attendance_time=datetime(2025, 9, 30, 23, 14, 30)
        )
        self.assertEqual(mark.local_time, "06:14:30")

    def test_submission_needs_a_fixed_number_of_queries(self):
        more = self.env["res.partner"].create([{"name": f"More {n}", "is_registrant": True} for n in range(60)])
        small = self.make_sessions()
        large = self.roster.generate_sessions("2025-10-02", "2025-10-02", 6.0, 8.0)
        large.expected_participant_ids |= more
        counts = []
        for session in (small, large):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            session.action_submit()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1, f"queries for 4 and for 64 people: {counts}")
