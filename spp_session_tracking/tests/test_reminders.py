# Part of the SPP attendance suite. LGPL-3.
"""Missing registers: who is told at which hour, the to-dos, the log, and the board."""

from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .register_common import RegisterCase

END = datetime(2025, 10, 1, 1, 0, 0)


@tagged("post_install", "-at_install")
class TestReminders(RegisterCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.session = cls.make_sessions()

    def remind(self, moment):
        """Run the cron's work at a moment and return the new lines of the log."""
        log = self.env["spp.session.reminder"]
        before = log.search([])
        with freeze_time(moment):
            while due := self.env["spp.session"]._due_reminders(100):
                self.env["spp.session"].browse(due)._send_reminders(due)
        return log.search([], order="id") - before

    # --- the ladder

    def test_each_step_is_sent_once_to_the_second(self):
        self.assertFalse(self.remind(END + timedelta(hours=2, seconds=-1)))
        first = self.remind(END + timedelta(hours=2))
        self.assertEqual((first.recipient, first.hours, first.user_ids), ("facilitator", 2, self.facilitator))
        self.assertFalse(self.remind(END + timedelta(hours=19)), "the same step again")
        steps = [
            (self.remind(END + timedelta(hours=hours)).mapped(lambda line: (line.recipient, line.user_ids)))
            for hours in (20, 24, 48)
        ]
        self.assertEqual(
            steps,
            [[("facilitator", self.facilitator)], [("manager", self.manager)], [("branch_head", self.head)]],
        )
        self.assertFalse(self.remind(END + timedelta(days=20)))
        self.assertEqual(
            [len(self.told(self.session, user)) for user in (self.facilitator, self.manager, self.head)], [2, 1, 1]
        )

    def test_after_downtime_only_the_newest_step_of_each_recipient(self):
        lines = self.remind(END + timedelta(hours=23))
        self.assertEqual(lines.mapped("hours"), [20])
        self.assertFalse(self.remind(END + timedelta(hours=23, minutes=15)))
        self.assertEqual(len(self.told(self.session, self.facilitator)), 1)

    def test_who_is_due_for_two_reasons_is_told_once(self):
        self.region.session_head_id = False
        lines = self.remind(END + timedelta(hours=50))
        self.assertEqual(set(lines.mapped("recipient")), {"facilitator", "manager", "branch_head"})
        self.assertEqual(lines.filtered(lambda line: line.recipient == "branch_head").user_ids, self.manager)
        self.assertEqual(len(self.told(self.session, self.manager)), 1)

    def test_old_registers_are_left_alone(self):
        self.assertFalse(self.remind(END + timedelta(days=30, seconds=1)))
        self.assertTrue(self.remind(END + timedelta(days=30)))

    def test_a_session_entered_afterwards_counts_from_its_entry(self):
        self.session.action_cancel()
        entered = datetime(2025, 12, 1, 12, 0)
        self.make_sessions(date(2025, 10, 2), date(2025, 10, 2), entered)
        self.assertFalse(self.remind(entered + timedelta(hours=1)))
        self.assertEqual(self.remind(entered + timedelta(hours=2)).mapped("recipient"), ["facilitator"])

    def test_nothing_for_sessions_that_need_no_register(self):
        running, submitted, cancelled = self.session, *self.make_sessions(date(2025, 10, 2), date(2025, 10, 3))
        running.write({"date": date(2025, 10, 9)})
        with freeze_time(END + timedelta(days=3)):
            submitted.action_submit()
            cancelled.action_cancel()
        self.assertFalse(self.remind(datetime(2025, 10, 8)))

    # --- to whom

    def test_co_facilitators_are_told_too_and_archived_users_are_not(self):
        self.session.co_facilitator_ids = self.other_facilitator
        gone = self.make_user("gone", "spp_session_tracking.group_session_user")
        self.session.co_facilitator_ids |= gone
        gone.active = False
        line = self.remind(END + timedelta(hours=2))
        self.assertEqual(line.user_ids, self.facilitator | self.other_facilitator)

    def test_without_a_manager_of_the_roster_all_managers_of_the_company(self):
        self.roster.manager_id = False
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user(
            "stranger",
            "spp_session_tracking.group_session_manager",
            company_id=elsewhere.id,
            company_ids=[(6, 0, elsewhere.ids)],
        )
        told = self.remind(END + timedelta(hours=24)).filtered(lambda line: line.recipient == "manager").user_ids
        self.assertIn(self.manager, told)
        self.assertNotIn(stranger, told)
        self.assertNotIn(self.facilitator, told)

    def test_the_nearest_branch_head_is_told(self):
        near = self.make_user("near", "spp_session_tracking.group_session_viewer")
        self.branch.session_head_id = near
        self.assertEqual(self.session._register_recipients()["branch_head"][self.session.id], near)
        near.active = False
        self.assertEqual(self.session._register_recipients()["branch_head"][self.session.id], self.head)
        self.session.area_id = False
        self.assertEqual(self.session._register_recipients()["branch_head"][self.session.id], self.manager)

    def test_the_message_leads_to_the_roster_screen(self):
        self.remind(END + timedelta(hours=2))
        message = self.told(self.session, self.facilitator)
        self.assertIn(f"/odoo/{self.session.id}/spp-today", message.body)
        self.assertIn("It is due on 2025-10-02 08:00", message.body, "in the time of the session")
        self.assertEqual(message.subject, f"Register not taken: {self.session.name}")
        self.mark(self.session, self.people[0], "present")
        self.remind(END + timedelta(hours=20))
        self.assertIn("Register not finished", self.told(self.session, self.facilitator).sorted("id")[-1].subject)

    # --- to-dos

    def test_one_to_do_per_person_that_goes_with_the_submission(self):
        self.remind(END + timedelta(hours=2))
        self.remind(END + timedelta(hours=25))
        activities = self.session.activity_ids
        self.assertEqual(activities.user_id, self.facilitator | self.manager)
        self.assertEqual(len(activities), 2)
        self.assertEqual(set(activities.mapped("date_deadline")), {date(2025, 10, 2)})
        self.assertIn(f"/odoo/{self.session.id}/spp-today", activities[0].note)
        with freeze_time(END + timedelta(hours=26)):
            self.rpc(self.facilitator, self.session, "action_submit")
        self.assertFalse(self.session.activity_ids)

    def test_the_to_do_goes_when_the_session_is_cancelled(self):
        self.remind(END + timedelta(hours=2))
        self.assertTrue(self.session.activity_ids)
        self.session.action_cancel()
        self.assertFalse(self.session.activity_ids)

    # --- the log and the cron

    def test_nobody_writes_the_log(self):
        line = self.remind(END + timedelta(hours=2))
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            line.sudo().write({"sent_at": END})
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            line.sudo().unlink()
        for user in (self.facilitator, self.manager):
            with self.assertRaises(AccessError):
                self.rpc(user, line, "write", {"sent_at": END})
            with self.assertRaises(AccessError):
                self.rpc(user, line, "unlink")
            with self.assertRaises(AccessError):
                self.rpc(user, line, "create", {"session_id": self.session.id, "recipient": "manager"})

    def test_the_cron_works_in_batches(self):
        self.make_sessions(date(2025, 10, 2), date(2025, 10, 4))
        self.env.flush_all()
        cron = self.env.ref("spp_session_tracking.ir_cron_remind_missing_registers")
        cron.code = "model._cron_remind_missing_registers(batch_size=3)"
        with self.enter_registry_test_mode(), freeze_time("2025-10-05 01:00:00"):
            cron.method_direct_trigger()
            cron.method_direct_trigger()
        self.env.invalidate_all()
        sessions = self.roster.session_ids
        self.assertEqual(len(sessions), 4)
        for session in sessions:
            self.assertEqual(sorted(session.reminder_ids.mapped("recipient"))[-2:], ["facilitator", "manager"])
            self.assertEqual(len(session.reminder_ids.filtered(lambda line: line.recipient == "facilitator")), 1)

    def test_finding_what_is_due_and_whom_to_tell_needs_a_fixed_number_of_queries(self):
        self.make_sessions(date(2025, 10, 2), date(2025, 10, 20))
        counts = []
        with freeze_time("2025-10-21 12:00:00"):
            for limit in (20, 2, 20):  # the first time fills caches of the registry
                self.env.flush_all()
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                due = self.env["spp.session"]._due_reminders(limit)
                self.env["spp.session"].browse(due)._register_recipients()
                counts.append(self.cr.sql_log_count - before)
                self.assertEqual(len(due), limit)
        self.assertEqual(counts[1], counts[2])

    # --- the board

    def test_reminding_all_from_the_board(self):
        second = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        running = self.make_sessions(date(2025, 10, 9), date(2025, 10, 9))
        both = self.session | second | running
        with freeze_time("2025-10-02 12:00:00"):
            answer = self.rpc(self.manager, both, "action_remind")
            self.assertIn("Reminded of 2 registers; 1 need no reminder now", answer["params"]["message"])
            again = self.rpc(self.manager, both, "action_remind")
            self.assertIn("Reminded of 0 registers", again["params"]["message"])
        self.assertEqual(len(self.told(self.session, self.facilitator)), 1)
        line = self.session.reminder_ids
        self.assertEqual((line.is_manual, line.sent_by_id, line.recipient), (True, self.manager, "facilitator"))
        with freeze_time("2025-10-02 12:15:01"):
            self.rpc(self.manager, both, "action_remind")
        self.assertEqual(len(self.told(self.session, self.facilitator)), 2)
        self.assertTrue(self.remind(END + timedelta(hours=50)), "the ladder goes on")

    def test_who_may_remind(self):
        with freeze_time("2025-10-02 12:00:00"):
            for user in (self.facilitator, self.other_facilitator, self.viewer):
                with self.assertRaisesRegex(AccessError, "Only a session manager or the branch head"):
                    self.rpc(user, self.session, "action_remind")
            self.rpc(self.head, self.session, "action_remind")
        self.assertEqual(self.session.reminder_ids.sent_by_id, self.head)
        self.session.area_id = False
        with freeze_time("2025-10-02 14:00:00"), self.assertRaises(AccessError):
            self.rpc(self.head, self.session, "action_remind")

    def test_what_the_board_finds(self):
        later = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        sessions = self.env["spp.session"].with_user(self.head)
        due = self.session.submission_deadline
        mine = [("id", "in", (self.session | later).ids)]
        with freeze_time(due):
            self.assertFalse(sessions.search([*mine, ("is_overdue", "=", True)]))
            self.assertEqual(self.session.minutes_overdue, 0)
        self.env.invalidate_all()
        with freeze_time(due + timedelta(minutes=90)):
            self.assertEqual(sessions.search([*mine, ("is_overdue", "=", True)]), self.session)
            self.assertEqual(sessions.search([*mine, ("is_overdue", "=", False)]), later)
            self.assertEqual(self.session.minutes_overdue, 90)
        self.assertEqual(sessions.search([*mine, ("is_of_my_branch", "=", True)]), later | self.session)
        self.assertFalse(sessions.with_user(self.viewer).search([*mine, ("is_of_my_branch", "=", True)]))
        later.area_id = False
        self.assertEqual(sessions.search([*mine, ("is_of_my_branch", "=", False)]), later)
        self.assertEqual(sessions.browse(later.ids).mapped("is_of_my_branch"), [False])

    # --- the deadline

    def test_begun_registers_are_submitted_at_their_deadline_and_others_never(self):
        untouched = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        self.mark(self.session, self.people[0], "present")
        due = self.session.submission_deadline
        self.env.flush_all()
        with freeze_time(due - timedelta(seconds=1)):
            self.assertNotIn(
                self.session, self.env["spp.session"].search(self.env["spp.session"]._submission_due_domain())
            )
        with self.enter_registry_test_mode(), freeze_time(due):
            self.env.ref("spp_session_tracking.ir_cron_submit_due_sessions").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.session.register_state, "taken")
        self.assertEqual(
            sorted(mark.status_id.code for mark in self.session.attendance_ids),
            ["absent", "absent", "absent", "present"],
        )
        with self.enter_registry_test_mode(), freeze_time(due + timedelta(days=20)):
            self.env.ref("spp_session_tracking.ir_cron_submit_due_sessions").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual((untouched.register_state, len(untouched.attendance_ids)), ("none", 0))
