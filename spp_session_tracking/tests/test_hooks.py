# Part of the SPP attendance suite. LGPL-3.
"""What follows from changes is called once, on everything that changed, when the outermost call ends."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestHooks(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.auto_submit = False
        cls.sessions = cls.make_sessions(date(2025, 10, 1), date(2025, 10, 2))
        cls.first, cls.second = cls.sessions

    def listen(self, model, *hooks):
        """Collect the calls of hooks: list of (hook, records, details)."""
        calls = []
        for hook in hooks:
            former = getattr(self.registry[model], hook)

            def listening(records, *details, hook=hook, former=former):
                calls.append((hook, records, *details))
                return former(records, *details)

            self.patch(self.registry[model], hook, listening)
        return calls

    def people_of(self, session):
        return set(session.expected_participant_ids.ids)

    # --- when and how often

    def test_many_writes_in_a_block_are_one_call(self):
        self.sessions.action_submit()
        calls = self.listen("spp.session", "_after_marks_changed")
        marks = self.sessions.attendance_ids
        with self.sessions._collect_hooks():
            for mark in marks:
                mark.status_id = self.present
            marks[0].notes = "Came with her mother"
            self.assertEqual(calls, [])
        ((_hook, records, people),) = calls
        self.assertEqual(records, self.sessions)
        self.assertEqual(people, {session.id: self.people_of(session) for session in self.sessions})

    def test_marks_with_values_of_their_own_are_one_call_and_one_log(self):
        self.first.action_submit()
        calls = self.listen("spp.session", "_after_marks_changed")
        marks = self.first.attendance_ids
        values = {
            mark.id: {"status_id": status.id, "attendance_time": f"2025-09-30 23:0{index}:00"}
            for index, (mark, status) in enumerate(
                zip(marks, self.present | self.late | self.absent | self.present, strict=False)
            )
        }
        marks.filtered(lambda mark: mark.id in values)._write_each(values, "Paper list")
        self.assertEqual(len(calls), 1)
        self.assertEqual([mark.status_id.code for mark in marks[:3]], ["present", "late", "absent"])
        self.assertEqual([mark.late_minutes for mark in marks[:3]], [0, 1, 0])
        self.assertEqual(marks[1].change_ids.reason, "Paper list")
        self.assertEqual(len(marks.change_ids), len(values))

    def test_remarks_alone_change_nothing_that_counts(self):
        self.first.action_submit()
        calls = self.listen("spp.session", "_after_marks_changed")
        self.first.attendance_ids.write({"notes": "It rained"})
        self.assertEqual(calls, [])

    def test_a_remote_call_ends_with_its_hooks(self):
        calls = self.listen("spp.session", "_after_submit", "_after_marks_changed")
        self.rpc(self.facilitator, self.sessions, "action_submit")
        self.assertEqual(sorted(call[0] for call in calls), ["_after_marks_changed", "_after_submit"])
        for _hook, records, *_details in calls:
            self.assertEqual(records, self.sessions)

    def test_hooks_run_as_the_system_without_defaults_of_the_caller(self):
        calls = self.listen("spp.session", "_after_submit")
        caller = self.first.with_user(self.facilitator).with_context(default_name="Forged", lang="en_US")
        caller.action_submit()
        ((_hook, records),) = calls
        self.assertTrue(records.env.su)
        self.assertEqual(records.env.user, self.facilitator)
        self.assertNotIn("default_name", records.env.context)
        self.assertEqual(records.env.context["lang"], "en_US")

    def test_an_error_calls_no_hook_and_leaves_nothing_behind(self):
        self.sessions.action_submit()
        calls = self.listen("spp.session", "_after_marks_changed")
        with self.assertRaises(UserError), self.sessions._collect_hooks():
            self.first.attendance_ids.status_id = self.present
            raise UserError(self.env._("Something went wrong"))
        self.assertEqual(calls, [])
        self.second.attendance_ids.status_id = self.present
        self.assertEqual([records for _hook, records, _people in calls], [self.second])

    def test_an_error_in_a_hook_reaches_the_caller(self):
        def refuse(sessions):
            raise UserError(self.env._("Not on a holiday"))

        self.patch(self.registry["spp.session"], "_after_submit", refuse)
        with self.assertRaises(UserError) as caught:  # what was written is rolled back, as for any caller
            self.first.action_submit()
        self.assertEqual(caught.exception.args, ("Not on a holiday",))
        self.assertFalse(self.first.submitted_at)
        self.assertEqual(self.first.state, "scheduled")

    def test_what_a_hook_changes_has_its_hooks_too(self):
        def go_on(sessions):
            (self.second - sessions).filtered(lambda session: session.state != "completed").action_submit()

        self.patch(self.registry["spp.session"], "_after_submit", go_on)
        calls = self.listen("spp.session", "_after_submit")
        self.first.action_submit()
        self.assertEqual([records for _hook, records in calls], [self.first, self.second])
        self.assertTrue(self.second.submitted_at)

    def test_hooks_that_go_in_a_circle_are_an_error(self):
        def again(sessions):
            sessions._call_hook("_after_unlock")

        self.patch(self.registry["spp.session"], "_after_unlock", again)
        with self.assertRaisesRegex(RuntimeError, "_after_unlock"):
            self.first._call_hook("_after_unlock")

    def test_what_was_deleted_meanwhile_is_left_out(self):
        calls = self.listen("spp.session", "_after_plan_changed")
        with self.sessions._collect_hooks():
            self.sessions.write({"location": "South"})
            self.second.unlink()
        ((_hook, records, former),) = calls
        self.assertEqual(records, self.first)
        self.assertEqual(former, {self.first.id: {"location": "North"}})

    # --- which

    def test_submitting_twice_is_one_submission(self):
        calls = self.listen("spp.session", "_after_submit", "_before_submit")
        self.first.action_submit()
        self.first.action_submit()
        self.assertEqual(
            [(hook, records) for hook, records in calls if records],
            [("_before_submit", self.first), ("_after_submit", self.first)],
        )

    def test_completing_by_write_is_a_submission(self):
        self.first.action_start()
        calls = self.listen("spp.session", "_after_submit")
        self.first.write({"state": "completed", "notes": "All well"})
        self.assertEqual([records for _hook, records in calls], [self.first])
        self.assertEqual((self.first.state, self.first.notes), ("completed", "All well"))

    def test_cancelling_and_its_undo(self):
        calls = self.listen("spp.session", "_after_cancel", "_after_undo_cancel")
        self.sessions.action_cancel()
        self.sessions.action_cancel()
        self.assertEqual(calls, [("_after_cancel", self.sessions)])
        calls.clear()
        self.first.action_undo_cancel()
        self.assertEqual(calls, [("_after_undo_cancel", self.first)])

    def test_a_changed_plan_says_what_it_was(self):
        calls = self.listen("spp.session", "_after_plan_changed", "_after_marks_changed")
        with self.first._collect_hooks():
            self.first.write({"start_time": 6.5, "location": "North"})
            self.first.write({"start_time": 7.0, "facilitator_id": self.other_facilitator.id})
        former = {"start_time": 6.0, "facilitator_id": self.facilitator}
        self.assertEqual(calls, [("_after_plan_changed", self.first, {self.first.id: former})])

    def test_a_new_session_has_no_former_plan(self):
        calls = self.listen("spp.session", "_after_plan_changed")
        session = self.make_sessions(date(2025, 10, 3), date(2025, 10, 3))
        self.assertEqual(calls, [("_after_plan_changed", session, {session.id: {}})])

    def test_marks_of_a_submitted_register_count_differently_after_a_new_plan(self):
        self.first.action_submit()
        calls = self.listen("spp.session", "_after_marks_changed")
        self.sessions.write({"date": date(2025, 10, 7)})
        ((_hook, records, people),) = calls
        self.assertEqual((records, people), (self.first, {self.first.id: set(self.people.ids)}))

    def test_unlocking(self):
        self.policy.lock_hours = 1.0
        self.first.action_submit()
        calls = self.listen("spp.session", "_after_unlock")
        with freeze_time(self.first.lock_datetime + timedelta(hours=1)):
            self.first.invalidate_recordset(["is_locked"])
            self.first.with_user(self.manager).action_unlock(2, "Scans came late")
        self.assertEqual(calls, [("_after_unlock", self.first)])

    def test_a_removed_mark_names_its_person(self):
        self.first.action_submit()
        mark = self.first.attendance_ids[0]
        person = mark.participant_id
        calls = self.listen("spp.session", "_after_marks_changed")
        mark.unlink()
        ((_hook, records, people),) = calls
        self.assertEqual((records, people), (self.first, {self.first.id: {person.id}}))

    def test_memberships_and_holds_of_a_block_are_one_call_per_kind(self):
        ana, ben = self.people[:2]
        calls = self.listen("spp.session.roster", "_after_membership_changed")
        with self.roster._collect_hooks():
            self.roster.membership_ids.filtered(lambda line: line.partner_id == ana).date_to = date(2025, 10, 1)
            self.roster.hold_ids = [
                Command.create(
                    {
                        "partner_id": ben.id,
                        "date_from": date(2025, 10, 1),
                        "date_to": date(2025, 10, 1),
                        "reason": "Ill",
                    }
                )
            ]
        self.assertEqual(calls, [("_after_membership_changed", self.roster, {self.roster.id: {ana.id, ben.id}})])
        self.assertIn(ana, self.first.expected_participant_ids)
        self.assertNotIn(ana, self.second.expected_participant_ids)

    def test_people_added_by_hand_stay_when_somebody_else_leaves_another_roster(self):
        ana, ben = self.people[:2]
        other = self.roster.copy({"name": "South"})
        other.membership_ids = [Command.create({"partner_id": ben.id, "date_from": date(2025, 10, 1)})]
        elsewhere = other.generate_sessions(date(2025, 10, 1), date(2025, 10, 1), 6.0, 8.0)
        elsewhere.expected_participant_ids = [Command.link(ana.id)]
        with self.roster._collect_hooks():
            self.roster.membership_ids.filtered(lambda line: line.partner_id == ana).unlink()
            other.membership_ids.date_from = date(2025, 9, 1)
        self.assertEqual(elsewhere.expected_participant_ids, ana | ben)
        self.assertNotIn(ana, self.first.expected_participant_ids)

    def test_marks_written_by_sql(self):
        self.first.action_submit()
        mark = self.first.attendance_ids[0]
        self.assertFalse(mark.is_attended)
        calls = self.listen("spp.session", "_after_marks_changed")
        self.env.flush_all()
        self.env.cr.execute(
            SQL("UPDATE spp_session_attendance SET status_id = %s WHERE id = %s", self.present.id, mark.id)
        )
        mark._after_sql(["status_id"])
        self.assertTrue(mark.is_attended)
        self.assertEqual(calls, [("_after_marks_changed", self.first, {self.first.id: {mark.participant_id.id}})])
