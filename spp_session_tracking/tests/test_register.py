# Part of the SPP attendance suite. LGPL-3.
"""Which policy a register is under, when it is due and locked, and who corrects it until then."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
@freeze_time("2025-10-05 12:00:00")
class TestRegister(SessionTrackingCase):
    def future_session(self, first=6.0, last=8.0):
        """A session that was entered long before it takes place."""
        sessions = self.roster.generate_sessions(date(2025, 10, 8), date(2025, 10, 8), first, last)
        return self.enter_sessions(sessions, "2025-09-01 00:00:00")

    def mark(self, session, user=None, **values):
        marks = self.env["spp.session.attendance"].with_user(user or self.facilitator)
        return marks.create({"session_id": session.id, "participant_id": self.people[0].id, **values})

    # --- the policy in force

    def test_the_nearest_policy_wins_and_says_where_it_comes_from(self):
        policies = {
            name: self.env["spp.session.policy"].create({"name": name})
            for name in ("type", "country", "district", "roster", "session")
        }
        country = self.env["spp.area"].create({"draft_name": "Country", "code": "C"})
        district = self.env["spp.area"].create({"draft_name": "District", "code": "D", "parent_id": country.id})
        self.roster.write({"policy_id": False, "area_id": district.id})
        session = self.make_sessions()
        default = self.env.ref("spp_session_tracking.session_policy_default")
        self.assertEqual((session.applied_policy_id, session.applied_policy_source), (default, "the default policy"))
        for record, field, name, source in (
            (self.session_type, "policy_id", "type", "Session Type Health Session"),
            (country, "session_policy_id", "country", f"Area {country.display_name}"),
            (district, "session_policy_id", "district", f"Area {district.display_name}"),
            (self.roster, "policy_id", "roster", "Roster North"),
            (session, "policy_id", "session", "this session"),
        ):
            record[field] = policies[name]
            self.assertEqual(session.applied_policy_id, policies[name])
            self.assertIn(source.lower(), session.applied_policy_source.lower())

    def test_a_submitted_register_keeps_its_policy(self):
        session = self.make_sessions()
        session.action_submit()
        self.roster.policy_id = self.env["spp.session.policy"].create({"name": "New"})
        self.assertEqual(session.applied_policy_id, self.policy)

    def test_a_policy_that_changed_just_before_counts(self):
        session = self.make_sessions()
        self.env.flush_all()
        new = self.env["spp.session.policy"].create({"name": "New"})
        self.roster.policy_id = new
        session.action_submit()
        self.env.flush_all()
        self.assertEqual(session.applied_policy_id, new)

    # --- deadline and lock

    def test_times_count_from_the_end(self):
        self.policy.write({"deadline_hours": 2, "lock_hours": 10})
        session = self.future_session()
        self.assertEqual(session.end_datetime, datetime(2025, 10, 8, 1, 0))
        self.assertEqual(session.submission_deadline, datetime(2025, 10, 8, 3, 0))
        self.assertEqual(session.lock_datetime, datetime(2025, 10, 8, 11, 0))

    def test_sessions_that_are_entered_afterwards_have_as_much_time(self):
        self.policy.write({"lock_hours": 10})
        session = self.enter_sessions(self.make_sessions(), "2025-10-05 09:00:00")
        self.assertEqual(session.lock_datetime, datetime(2025, 10, 5, 19, 0))
        self.assertFalse(session.is_locked)

    def test_the_lock_closes_to_the_second(self):
        self.policy.lock_hours = 10
        session = self.future_session()
        with freeze_time(session.lock_datetime - timedelta(seconds=1)):
            self.mark(session, status_id=self.present.id)
        self.env.invalidate_all()
        mark = session.attendance_ids
        with freeze_time(session.lock_datetime):
            self.assertIn(session, self.env["spp.session"].search([("is_locked", "=", True)]))
            for user in (self.facilitator, self.manager):
                with self.assertRaisesRegex(UserError, "is locked: ask a session manager to unlock it"):
                    self.rpc(user, mark, "write", {"status_id": self.absent.id})
                with self.assertRaisesRegex(UserError, "is locked"):
                    self.rpc(user, session, "action_submit")
        self.assertEqual(mark.status_id, self.present)

    def test_an_unlock_opens_it_for_its_time_and_is_referred_to(self):
        self.policy.lock_hours = 10
        session = self.future_session()
        mark = self.mark(session, status_id=self.present.id)
        session.action_submit()
        later = session.lock_datetime + timedelta(days=1)
        unlock = self.env["spp.session.unlock"].create(
            {
                "session_id": session.id,
                "state": "granted",
                "granted_at": later,
                "expires_at": later + timedelta(hours=4),
            }
        )
        with freeze_time(later):
            self.assertFalse(session.is_locked)
            self.assertNotIn(session, self.env["spp.session"].search([("is_locked", "=", True)]))
            self.rpc(self.facilitator, mark, "write", {"status_id": self.absent.id, "correction_reason": "Wrong row"})
        self.assertEqual((mark.change_ids.unlock_id, mark.change_ids.reason), (unlock, "Wrong row"))
        self.env.invalidate_all()
        with freeze_time(later + timedelta(hours=5)), self.assertRaisesRegex(UserError, "is locked"):
            self.rpc(self.manager, mark, "write", {"status_id": self.present.id, "correction_reason": "Right row"})

    def test_begun_registers_are_submitted_at_their_deadline_and_others_never(self):
        self.policy.write({"auto_submit": False, "deadline_hours": 2})
        begun, untouched = self.future_session(), self.future_session(10.0, 12.0)
        self.mark(begun, status_id=self.present.id)
        self.assertEqual((begun.register_state, untouched.register_state), ("partly", "none"))
        with freeze_time(begun.submission_deadline - timedelta(seconds=1)), self.enter_registry_test_mode():
            self.env.ref("spp_session_tracking.ir_cron_submit_due_sessions").method_direct_trigger()
        self.assertEqual(begun.register_state, "partly")
        with freeze_time(untouched.submission_deadline + timedelta(hours=1)), self.enter_registry_test_mode():
            self.env.ref("spp_session_tracking.ir_cron_submit_due_sessions").method_direct_trigger()
        self.assertEqual((begun.register_state, untouched.register_state), ("taken", "none"))
        missing = begun.attendance_ids.filtered(lambda mark: mark.participant_id != self.people[0])
        self.assertEqual((missing.status_id, set(missing.mapped("is_unexplained"))), (self.absent, {True}))
        self.assertFalse(untouched.attendance_ids, "that nobody took the register makes nobody absent")

    # --- corrections

    def test_a_facilitator_corrects_for_some_minutes(self):
        self.policy.correction_minutes = 15
        session = self.make_sessions()
        mark = self.mark(session, status_id=self.present.id)
        session.with_user(self.facilitator).action_submit()
        submitted = session.submitted_at
        with freeze_time(submitted + timedelta(minutes=14, seconds=59)):
            self.rpc(self.facilitator, mark, "write", {"status_id": self.late.id})
        self.assertEqual((mark.change_ids.old_status_id, mark.change_ids.new_status_id), (self.present, self.late))
        with freeze_time(submitted + timedelta(minutes=15)):
            with self.assertRaises(AccessError):
                self.rpc(self.facilitator, mark, "write", {"status_id": self.absent.id})
            with self.assertRaisesRegex(UserError, "say why the mark changes"), self.cr.savepoint():
                self.rpc(self.manager, mark, "write", {"status_id": self.absent.id})
            self.rpc(self.manager, mark, "write", {"status_id": self.absent.id, "correction_reason": "Paper list"})
        newest = mark.change_ids.sorted("id")[-1]
        self.assertEqual((newest.reason, newest.user_id), ("Paper list", self.manager))

    def test_the_log_keeps_times_and_reasons_and_outlives_the_mark(self):
        session = self.make_sessions()
        session.action_submit()
        mark = session.attendance_ids[0]
        person = mark.participant_id
        reason = self.env.ref("spp_session_tracking.attendance_reason_medical")
        values = {"reason_id": reason.id, "correction_reason": "Certificate of the clinic"}
        self.rpc(self.manager, mark, "write", values)
        change = mark.change_ids
        self.assertEqual((change.old_reason_id, change.new_reason_id), (self.env["spp.attendance.reason"], reason))
        self.rpc(self.manager, mark, "unlink")
        changes = self.env["spp.session.attendance.change"].search([("session_id", "=", session.id)])
        self.assertEqual(changes.participant_id, person)
        self.assertEqual(len(changes), 2)
        self.assertFalse(changes[0].new_status_id)
        self.assertEqual(changes[0].user_id, self.manager)
