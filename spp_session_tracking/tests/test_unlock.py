# Part of the SPP attendance suite. LGPL-3.
"""A locked register stays shut to the second, is opened for some hours with a reason, and shuts again by itself."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .register_common import RegisterCase

LOCKED_AT = datetime(2025, 10, 4, 1, 0, 0)  # 72 hours after the end


@tagged("post_install", "-at_install")
class TestUnlock(RegisterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.session = cls.make_sessions()
        with freeze_time("2025-10-01 02:00:00"):
            cls.session.with_user(cls.facilitator).action_submit()
        cls.mark_of_first = cls.session.attendance_ids.filtered(lambda mark: mark.participant_id == cls.people[0])

    def correct(self, user, status="present", why="Paper list"):
        self.rpc(
            user,
            self.mark_of_first,
            "write",
            {"status_id": self.env["spp.attendance.status"]._by_code(status).id, "correction_reason": why},
        )

    # --- the lock

    def test_the_lock_falls_to_the_second(self):
        self.assertEqual(self.session.lock_datetime, LOCKED_AT)
        with freeze_time(LOCKED_AT - timedelta(seconds=1)):
            self.correct(self.manager)
            self.assertFalse(self.session.is_locked)
            self.assertNotIn(self.session, self.env["spp.session"].search([("is_locked", "=", True)]))
        self.session.invalidate_recordset(["is_locked"])
        with freeze_time(LOCKED_AT):
            self.assertTrue(self.session.is_locked)
            self.assertIn(self.session, self.env["spp.session"].search([("is_locked", "=", True)]))
            self.assertNotIn(self.session, self.env["spp.session"].search([("is_locked", "=", False)]))
            with self.assertRaisesRegex(UserError, "is locked: ask a session manager to unlock it"):
                self.correct(self.manager, "late")
        self.assertEqual(self.mark_of_first.status_id.code, "present")

    @freeze_time(LOCKED_AT)
    def test_a_locked_register_is_closed_to_everybody(self):
        for user in (self.facilitator, self.manager):
            with self.assertRaisesRegex(UserError, "is locked"):
                self.correct(user)
            with self.assertRaises(UserError) as refusal:  # takes back the new mark
                self.rpc(
                    user,
                    self.env["spp.session.attendance"],
                    "create",
                    {"session_id": self.session.id, "participant_id": self.env.user.partner_id.id},
                )
            self.assertIn("is locked", str(refusal.exception))
            with self.assertRaisesRegex(UserError, "is locked"):
                self.rpc(
                    user,
                    self.session,
                    "save_roster",
                    [{"participant_id": self.people[0].id, "status": "present", "base": "absent"}],
                )
        with self.assertRaisesRegex(UserError, "is locked"):
            self.rpc(self.manager, self.mark_of_first, "unlink")
        for user in (self.viewer, self.other_facilitator):  # refused for two reasons
            with self.assertRaises(UserError):
                self.correct(user)
        self.assertEqual(self.mark_of_first.status_id.code, "absent")

    def test_a_register_that_nobody_took_locks_too(self):
        other = self.make_sessions(self.session.date + timedelta(1), self.session.date + timedelta(1))
        with freeze_time(other.lock_datetime), self.assertRaisesRegex(UserError, "is locked"):
            self.rpc(self.facilitator, other, "action_submit")
        with freeze_time(other.lock_datetime - timedelta(seconds=1)):
            self.rpc(self.facilitator, other, "action_submit")
        self.assertEqual(other.register_state, "taken")

    def test_a_session_entered_afterwards_counts_from_its_entry(self):
        entered = datetime(2025, 11, 10, 12, 0)
        late_entry = self.make_sessions(self.session.date + timedelta(2), self.session.date + timedelta(2), entered)
        self.assertEqual(late_entry.submission_deadline, entered + timedelta(hours=24))
        self.assertEqual(late_entry.lock_datetime, entered + timedelta(hours=72))
        with freeze_time(entered + timedelta(hours=1)):
            self.rpc(self.facilitator, late_entry, "action_submit")
        self.assertEqual(late_entry.register_state, "taken")

    @freeze_time(LOCKED_AT)
    def test_an_absence_announced_afterwards_does_not_get_round_the_lock(self):
        reason = self.env.ref("spp_session_tracking.attendance_reason_family_emergency")
        vals = {"partner_id": self.people[0].id, "date_from": "2025-10-01", "date_to": "2025-10-01"}
        for user in (self.facilitator, self.manager):
            absence_id = self.rpc(user, self.env["spp.session.absence"], "create", {**vals, "reason_id": reason.id})
            absence = self.env["spp.session.absence"].browse(absence_id)
            if user == self.facilitator:
                self.assertEqual(absence.state, "requested", "the day is over: a manager decides")
                self.rpc(self.manager, absence, "action_accept")
            self.assertEqual((absence.state, self.mark_of_first.status_id.code), ("accepted", "absent"))
            self.assertIn("are locked and stay as they are", absence.message_ids[0].body)
            self.rpc(self.manager, absence, "action_withdraw")
        self.rpc(self.manager, self.session, "action_unlock", 1, "The family called")
        self.rpc(self.manager, self.env["spp.session.absence"], "create", {**vals, "reason_id": reason.id})
        self.assertEqual(self.mark_of_first.status_id.code, "excused")
        self.assertEqual(self.mark_of_first.change_ids.unlock_id, self.session.unlock_ids)

    # --- asking and granting

    @freeze_time(LOCKED_AT)
    def test_asking_granting_and_what_changed_meanwhile(self):
        unlock_id = self.rpc(self.facilitator, self.session, "action_request_unlock", " The paper list was found ")
        unlock = self.env["spp.session.unlock"].browse(unlock_id)
        self.assertEqual(
            (unlock.state, unlock.requested_by_id, unlock.request_reason),
            ("requested", self.facilitator, "The paper list was found"),
        )
        self.assertEqual(unlock.activity_ids.user_id, self.manager)
        self.assertTrue(self.session.is_locked, "a request opens nothing")
        self.rpc(self.manager, unlock, "action_grant")
        self.assertEqual((unlock.state, unlock.granted_by_id), ("granted", self.manager))
        self.assertEqual(unlock.expires_at, LOCKED_AT + timedelta(hours=4))
        self.assertFalse(unlock.activity_ids)
        self.assertIn("open until 2025-10-04 12:00", self.told(unlock, self.facilitator).body)
        self.correct(self.facilitator)
        self.correct(self.manager, "late", "Came at half past")
        self.assertEqual(unlock.change_ids, self.mark_of_first.change_ids)
        self.assertEqual(unlock.change_count, 2)
        self.assertEqual(set(unlock.change_ids.user_id.ids), {self.facilitator.id, self.manager.id})
        first = unlock.change_ids[-1]
        self.assertEqual((first.old_status_id.code, first.new_status_id.code), ("absent", "present"))

    @freeze_time(LOCKED_AT)
    def test_a_correction_in_an_unlocked_register_says_why(self):
        self.rpc(self.manager, self.session, "action_unlock", 1, "Paper list")
        with self.assertRaisesRegex(UserError, "say why the mark changes"):
            self.correct(self.facilitator, why="")

    def test_the_lock_returns_by_itself(self):
        with freeze_time(LOCKED_AT):
            self.rpc(self.manager, self.session, "action_unlock", 0.5, "Paper list")
        until = LOCKED_AT + timedelta(minutes=30)
        with freeze_time(until - timedelta(seconds=1)):
            self.correct(self.facilitator)
        with freeze_time(until):
            self.assertTrue(self.session.is_locked)
            self.assertFalse(self.session.unlock_ids.is_open)
            with self.assertRaisesRegex(UserError, "is locked"):
                self.correct(self.manager, "late")

    @freeze_time(LOCKED_AT)
    def test_one_open_request_per_session(self):
        self.session.co_facilitator_ids = self.other_facilitator
        self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        with self.assertRaisesRegex(UserError, "^facilitator .* has asked already"):
            self.rpc(self.other_facilitator, self.session, "action_request_unlock", "Me too")
        self.assertEqual(len(self.session.unlock_ids), 1)
        self.rpc(self.manager, self.session.unlock_ids, "action_refuse", "Ask next time")
        self.rpc(self.other_facilitator, self.session, "action_request_unlock", "Again")
        self.assertEqual(self.session.unlock_request_count, 1)

    @freeze_time(LOCKED_AT)
    def test_requests_that_make_no_sense(self):
        with self.assertRaisesRegex(UserError, "Say why"):
            self.rpc(self.facilitator, self.session, "action_request_unlock", "  ")
        with freeze_time(LOCKED_AT - timedelta(seconds=1)), self.assertRaisesRegex(UserError, "is not locked"):
            self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        cancelled = self.make_sessions(self.session.date - timedelta(1), self.session.date - timedelta(1))
        cancelled.action_cancel()
        with self.assertRaisesRegex(UserError, "was cancelled"):
            self.rpc(self.facilitator, cancelled, "action_request_unlock", "Paper list")

    @freeze_time(LOCKED_AT)
    def test_refusing_says_why(self):
        self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        unlock = self.session.unlock_ids
        with self.assertRaisesRegex(UserError, "Say why the register stays locked"):
            self.rpc(self.manager, unlock, "action_refuse", " ")
        self.rpc(self.manager, unlock, "action_refuse", "The month is paid")
        self.assertEqual((unlock.state, unlock.grant_reason), ("refused", "The month is paid"))
        self.assertIn("The month is paid", self.told(unlock, self.facilitator).body)
        self.assertTrue(self.session.is_locked)
        self.rpc(self.manager, unlock, "action_grant")
        self.assertEqual(unlock.state, "refused", "what is decided stays decided")

    @freeze_time(LOCKED_AT)
    def test_refusing_through_the_window_that_asks_why(self):
        self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        window = (
            self.env["spp.attendance.decision.note"]
            .with_user(self.manager)
            .with_context(default_decision_model="spp.session.unlock", active_ids=self.session.unlock_ids.ids)
            .create({"note": "The month is paid"})
        )
        window.action_confirm()
        self.assertEqual(self.session.unlock_ids.state, "refused")

    @freeze_time(LOCKED_AT)
    def test_hours_are_checked(self):
        for hours in (0, -1, 168.5, "4"):
            with self.assertRaisesRegex(UserError, "more than 0 and at most 168 hours"):
                self.rpc(self.manager, self.session, "action_unlock", hours, "Paper list")
        self.rpc(self.manager, self.session, "action_unlock", 168, "Paper list")
        self.assertEqual(self.session.unlock_ids.expires_at, LOCKED_AT + timedelta(days=7))

    @freeze_time(LOCKED_AT)
    def test_a_manager_unlocks_directly_and_grants_the_request_with_it(self):
        self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        with self.assertRaisesRegex(UserError, "Say why"):
            self.rpc(self.manager, self.session, "action_unlock", 2, "")
        self.rpc(self.manager, self.session, "action_unlock", 2, "I saw the list")
        unlock = self.session.unlock_ids
        self.assertEqual(
            (len(unlock), unlock.state, unlock.grant_reason, unlock.requested_by_id),
            (1, "granted", "I saw the list", self.facilitator),
        )
        with self.assertRaisesRegex(UserError, "is not locked"):
            self.rpc(self.manager, self.session, "action_unlock", 2, "Again")

    @freeze_time(LOCKED_AT)
    def test_the_small_window(self):
        window = self.env["spp.session.unlock.reason"].with_context(
            active_model="spp.session", active_ids=self.session.ids
        )
        mine = window.with_user(self.facilitator).create({"reason": "Paper list"})
        self.assertTrue(mine.is_request)
        mine.action_confirm()
        self.assertEqual(self.session.unlock_ids.state, "requested")
        managers = window.with_user(self.manager).create({"reason": "Paper list"})
        self.assertEqual((managers.is_request, managers.hours), (False, 4.0))
        managers.action_confirm()
        self.assertEqual(self.session.unlock_ids.state, "granted")
        with self.assertRaises(AccessError):
            window.with_user(self.viewer).create({"reason": "Paper list"})

    # --- roles

    @freeze_time(LOCKED_AT)
    def test_who_may_ask_and_who_may_unlock(self):
        for user in (self.viewer, self.other_facilitator):
            with self.assertRaisesRegex(AccessError, "Only a facilitator of"):
                self.rpc(user, self.session, "action_request_unlock", "Paper list")
        self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        unlock = self.session.unlock_ids
        for user in (self.viewer, self.facilitator, self.other_facilitator, self.head):
            with self.assertRaisesRegex(AccessError, "Only a session manager unlocks"):
                self.rpc(user, self.session, "action_unlock", 4, "Paper list")
            with self.assertRaisesRegex(AccessError, "Only a session manager unlocks"):
                self.rpc(user, unlock, "action_grant")
            with self.assertRaisesRegex(AccessError, "Only a session manager unlocks"):
                self.rpc(user, unlock, "action_refuse", "No")
        self.assertEqual(unlock.with_user(self.viewer).request_reason, "Paper list")
        self.assertEqual(unlock.state, "requested")

    @freeze_time(LOCKED_AT)
    def test_managers_of_another_company_or_area_do_not_decide(self):
        self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user(
            "stranger",
            "spp_session_tracking.group_session_manager",
            company_id=elsewhere.id,
            company_ids=[Command.set(elsewhere.ids)],
        )
        self.manager.center_area_ids = self.env["spp.area"].create({"draft_name": "Other Branch"})
        for user in (stranger, self.manager):
            self.assertFalse(self.env["spp.session.unlock"].with_user(user).search([]))
            with self.assertRaises(AccessError):
                self.rpc(user, self.session.unlock_ids, "action_grant")
            with self.assertRaises(AccessError):
                self.rpc(user, self.session, "action_unlock", 4, "Paper list")
        self.assertEqual(self.session.unlock_ids.state, "requested")

    @freeze_time(LOCKED_AT)
    def test_nobody_writes_an_unlock_directly(self):
        self.rpc(self.facilitator, self.session, "action_request_unlock", "Paper list")
        open_now = {"state": "granted", "expires_at": "2026-01-01 00:00:00"}
        for user in (self.viewer, self.facilitator, self.manager):
            with self.assertRaises(AccessError):
                self.rpc(user, self.session.unlock_ids, "write", open_now)
            with self.assertRaises(AccessError):
                self.rpc(user, self.env["spp.session.unlock"], "create", {"session_id": self.session.id, **open_now})
            with self.assertRaises(AccessError):
                self.rpc(user, self.session.unlock_ids, "unlink")
        with self.assertRaises(AccessError):
            self.rpc(self.facilitator, self.session, "write", {"unlock_ids": [[0, 0, open_now]]})
        self.assertTrue(self.session.is_locked)
