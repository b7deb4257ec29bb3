# Part of the SPP attendance suite. LGPL-3.
"""Cancelling sessions with their reason, free times for a replacement, and taking it back."""

from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSessionCancel(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.make_user("viewer", "spp_session_tracking.group_session_viewer")
        cls.ill = cls.env.ref("spp_session_tracking.cancel_reason_facilitator_ill")
        cls.roster.calendar_id = cls.env["resource.calendar"].create({"name": "Mornings", "tz": "Asia/Jakarta"})
        # a Wednesday
        cls.session = cls.make_sessions()

    def wizard(self, sessions, user=None):
        action = sessions.with_user(user or self.facilitator).action_open_cancel()
        return self.env[action["res_model"]].with_user(user or self.facilitator).browse(action["res_id"])

    def mark(self, session, *people):
        return self.env["spp.session.attendance"].create(
            [{"session_id": session.id, "participant_id": person.id, "status_id": self.present.id} for person in people]
        )

    # --- the contract's action

    def test_cancelling_at_once_keeps_who_and_when(self):
        self.session.action_start()
        self.rpc(self.facilitator, self.session, "action_cancel")
        self.assertEqual(self.session.state, "cancelled")
        self.assertEqual(self.session.state_before_cancel, "in_progress")
        self.assertEqual(self.session.cancelled_by_id, self.facilitator)
        self.assertTrue(self.session.cancelled_at)

    def test_sessions_in_different_states_at_once(self):
        second = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        second.action_start()
        (self.session | second).action_cancel()
        self.assertEqual((self.session.state_before_cancel, second.state_before_cancel), ("scheduled", "in_progress"))
        cancelled_at = self.session.cancelled_at
        with freeze_time("2030-01-01"):
            (self.session | second).action_cancel()
        self.assertEqual(self.session.cancelled_at, cancelled_at, "cancelling twice changes nothing")

    def test_one_completed_session_stops_all(self):
        second = self.make_sessions(date(2025, 10, 2), date(2025, 10, 2))
        second.action_submit()
        with self.assertRaisesRegex(UserError, "cannot become cancelled"):
            (self.session | second).action_cancel()
        self.assertEqual(self.session.state, "scheduled")

    def test_written_states_never_leave_cancelled(self):
        self.session.action_cancel()
        for state in ("scheduled", "in_progress", "completed"):
            with self.assertRaisesRegex(UserError, "cannot become"):
                self.rpc(self.manager, self.session, "write", {"state": state})
            with self.assertRaisesRegex(UserError, "cannot become"):
                self.rpc(self.manager, self.session, "write", {"state": state}, context={"session_move": True})

    # --- the window

    @freeze_time("2025-09-30 12:00:00")
    def test_what_follows_is_shown_first(self):
        self.mark(self.session, self.people[0], self.people[1])
        wizard = self.wizard(self.session)
        for sentence in (
            "People concerned: 4.",
            "The session leaves their denominator",
            "Marks made already: 2. They are kept",
        ):
            self.assertIn(sentence, wizard.consequences)
        self.assertEqual(self.session.state, "scheduled", "nothing happens by looking")
        with self.assertRaisesRegex(UserError, "Choose a reason"):
            self.rpc(self.facilitator, wizard, "action_confirm")
        with Form(wizard) as form:
            form.reason_id, form.note = self.ill, "Flu"
        self.rpc(self.facilitator, wizard, "action_confirm")
        self.assertEqual(self.session.state, "cancelled")
        self.assertEqual((self.session.cancel_reason_id, self.session.cancel_note), (self.ill, "Flu"))
        self.assertEqual(self.session.register_state, "cancelled")

    def test_the_history_says_why(self):
        self.cr.precommit.run()  # nothing is tracked in the transaction that created a record
        session = self.session.with_context(tracking_disable=False)
        session.write({"state": "cancelled", "cancel_reason_id": self.ill.id, "cancel_note": "Flu"})
        self.env.flush_all()
        self.cr.precommit.run()
        values = session.message_ids.tracking_value_ids
        self.assertEqual(
            {value.field_id.name: value.new_value_char for value in values},
            {"state": "Cancelled", "cancel_reason_id": "Facilitator ill", "cancel_note": "Flu"},
        )

    @freeze_time("2025-09-30 12:00:00")
    def test_several_sessions_at_once(self):
        later = self.make_sessions(date(2025, 10, 2), date(2025, 10, 3)).sorted("date")
        later[1].action_cancel()
        wizard = self.wizard(self.session | later)
        self.assertEqual((wizard.session_count, wizard.skipped_count), (2, 1))
        self.assertIn("The 2 sessions leave their denominators", wizard.consequences)
        self.assertIn("over or cancelled already, and stay as they are: 1.", wizard.consequences)
        self.assertFalse(wizard.slot_ids, "a replacement is planned for one session")
        wizard.reason_id = self.ill
        wizard.action_confirm()
        self.assertEqual((self.session | later[0]).mapped("cancel_reason_id"), self.ill)
        self.assertFalse(later[1].cancel_reason_id)
        with self.assertRaisesRegex(UserError, "these are over"):
            self.wizard(later)

    def test_the_list_offers_it(self):
        action = self.env.ref("spp_session_tracking.action_session_cancel_selected")
        context = {"active_model": "spp.session", "active_ids": self.session.ids, "active_id": self.session.id}
        result = action.with_user(self.facilitator).with_context(**context).run()
        self.assertEqual(result["res_model"], "spp.session.cancel")
        with self.assertRaises(AccessError):
            action.with_user(self.viewer).with_context(**context).run()

    # --- replacement

    @freeze_time("2025-09-30 12:00:00")
    def test_free_times_for_a_replacement(self):
        """Wednesday 06:00 to 08:00 in Jakarta; what is offered starts on Thursday."""
        closed = self.env["resource.calendar.leaves"].create(
            {
                "name": "Holiday",
                "date_from": "2025-10-02 17:00:00",
                "date_to": "2025-10-03 16:59:59",
                "calendar_id": self.roster.calendar_id.id,
            }
        )
        self.assertEqual(closed.calendar_id, self.roster.calendar_id)
        # the facilitator is busy on Thursday with another roster, and co-facilitates on Monday
        other = self.roster.copy({"name": "South", "membership_ids": []})
        other.generate_sessions("2025-10-02", "2025-10-02", 7.0, 9.0)
        monday = other.generate_sessions("2025-10-06", "2025-10-06", 6.0, 7.0)
        monday.write(
            {"facilitator_id": self.other_facilitator.id, "co_facilitator_ids": [Command.link(self.facilitator.id)]}
        )
        # Tuesday: right after the other session ends
        other.generate_sessions("2025-10-07", "2025-10-07", 4.0, 6.0)
        # the roster meets on Saturdays too
        self.roster.generate_sessions("2025-10-18", "2025-10-18", 6.0, 8.0)
        slots = self.session._replacement_slots()
        self.assertEqual(
            [slot.day.isoformat() for slot in slots],
            ["2025-10-04", "2025-10-08", "2025-10-11", "2025-10-15", "2025-10-07", "2025-10-09"],
            "the usual weekdays first, no Sunday, nothing closed, nobody twice at the same time",
        )
        self.assertEqual([slot.is_usual for slot in slots], [True] * 4 + [False] * 2)
        self.assertEqual(slots[0].start, datetime(2025, 10, 3, 23, 0))

    @freeze_time("2025-09-30 12:00:00")
    def test_replacing_in_one_click(self):
        self.session.co_facilitator_ids = self.other_facilitator
        wizard = self.wizard(self.session, self.manager)
        wizard.reason_id = self.ill
        slot = wizard.slot_ids[0]
        self.assertEqual((slot.weekday, slot.time_period), ("Wednesday", "06:00-08:00"))
        action = self.rpc(self.manager, slot, "action_replace")
        replacement = self.env["spp.session"].browse(action["res_id"])
        self.assertEqual(self.session.state, "cancelled")
        self.assertEqual((replacement.state, replacement.date), ("scheduled", date(2025, 10, 8)))
        self.assertEqual(replacement.name, "North 2025-10-08")
        self.assertEqual(replacement.replaces_session_id, self.session)
        self.assertEqual(replacement.expected_participant_ids, self.people)
        self.assertEqual(replacement.co_facilitator_ids, self.other_facilitator)
        self.assertEqual(replacement.start_datetime, datetime(2025, 10, 7, 23, 0))
        self.assertEqual(replacement.checkin_from, datetime(2025, 10, 7, 21, 30))
        self.assertFalse(replacement.occurrence_datetime, "it is not part of the series")
        self.assertEqual(
            self.make_sessions(date(2025, 10, 8), date(2025, 10, 8)).date,
            date(2025, 10, 8),
            "the series keeps its own session of that day",
        )

    @freeze_time("2025-09-30 12:00:00")
    def test_facilitators_see_the_free_times_but_do_not_plan(self):
        wizard = self.wizard(self.session)
        wizard.reason_id = self.ill
        with self.assertRaises(AccessError):
            self.rpc(self.facilitator, wizard.slot_ids[0], "action_replace")

    def test_looking_for_free_times_needs_a_fixed_number_of_queries(self):
        counts = []
        for _busy in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.session._replacement_slots()
            counts.append(self.cr.sql_log_count - before)
            other = self.roster.copy({"name": "South", "membership_ids": []})
            other.generate_sessions("2025-10-02", "2025-10-14", 4.0, 5.0)
        self.assertEqual(counts[0], counts[1])

    # --- undo

    def test_undo_restores_what_was(self):
        self.session.action_start()
        mark = self.mark(self.session, self.people[0])
        self.session.write({"state": "cancelled", "cancel_reason_id": self.ill.id, "cancel_note": "Flu"})
        self.assertFalse(self.env["spp.attendance.fact"].search([("session_id", "=", self.session.id)]))
        self.rpc(self.facilitator, self.session, "action_undo_cancel")
        self.assertEqual(self.session.state, "in_progress")
        for name in ("cancel_reason_id", "cancel_note", "cancelled_at", "cancelled_by_id", "state_before_cancel"):
            self.assertFalse(self.session[name], name)
        self.assertEqual(self.session.attendance_ids, mark)
        self.session.action_submit()
        facts = self.env["spp.attendance.fact"].search([("session_id", "=", self.session.id)])
        self.assertEqual(len(facts), 4)
        self.assertEqual(facts.filtered("is_attended").partner_id, self.people[0], "the mark counts again")
        with self.assertRaisesRegex(UserError, "is not cancelled"):
            self.session.action_undo_cancel()

    def test_undo_expects_those_who_are_on_the_roster_now(self):
        self.session.action_cancel()
        self.roster.membership_ids[0].write({"date_from": "2025-10-02"})
        self.session.action_undo_cancel()
        self.assertEqual(self.session.expected_participant_ids, self.people[1:])

    @freeze_time("2025-09-30 12:00:00")
    def test_undo_cancels_a_replacement_without_marks(self):
        self.session.action_cancel()
        replacement = self.session._create_replacement(date(2025, 10, 9))
        self.session.action_undo_cancel()
        self.assertEqual((self.session.state, replacement.state), ("scheduled", "cancelled"))
        self.assertIn("takes place after all", replacement.cancel_note)

    @freeze_time("2025-09-30 12:00:00")
    def test_undo_is_refused_when_the_replacement_took_place(self):
        self.session.action_cancel()
        replacement = self.session._create_replacement(date(2025, 10, 9))
        self.mark(replacement, self.people[0])
        with self.assertRaisesRegex(UserError, "took place instead of North 2025-10-01 and has a register already"):
            self.session.action_undo_cancel()
        replacement.action_cancel()
        self.session.action_undo_cancel()
        self.assertEqual(self.session.state, "scheduled")

    # --- roles

    def test_others_neither_cancel_nor_undo(self):
        wizard = self.wizard(self.session)
        for user in (self.other_facilitator, self.viewer):
            for method in ("action_cancel", "action_open_cancel"):
                with self.assertRaises(AccessError, msg=f"{user.login} {method}"):
                    self.rpc(user, self.session, method)
        stranger = self.env["spp.session.cancel"].with_user(self.other_facilitator)
        own = stranger.create({"session_ids": self.session.ids, "reason_id": self.ill.id})
        with self.assertRaises(AccessError):
            self.rpc(self.other_facilitator, own, "action_confirm")
        with self.assertRaises(AccessError, msg="the window of somebody else"):
            self.rpc(self.other_facilitator, wizard, "action_confirm")
        self.assertEqual(self.session.state, "scheduled")
        wizard.reason_id = self.ill
        wizard.action_confirm()
        for user in (self.other_facilitator, self.viewer):
            with self.assertRaises(AccessError):
                self.rpc(user, self.session, "action_undo_cancel")
        self.rpc(self.manager, self.session, "action_undo_cancel")
        self.session.co_facilitator_ids = self.other_facilitator
        self.rpc(self.other_facilitator, self.session, "action_cancel")
        self.rpc(self.other_facilitator, self.session, "action_undo_cancel")
        self.assertEqual(self.session.state, "scheduled")

    def test_reasons_are_a_catalogue_of_the_manager(self):
        for user in (self.viewer, self.facilitator):
            self.assertEqual(self.ill.with_user(user).name, "Facilitator ill")
            with self.assertRaises(AccessError):
                self.rpc(user, self.ill, "write", {"name": "Other"})
        reason = self.env["spp.session.cancel.reason"].with_user(self.manager).create({"name": "Strike"})
        self.session.write({"state": "cancelled", "cancel_reason_id": reason.id})
        with self.assertRaisesRegex(UserError, r"Strike is in use \(cancelled sessions: 1\): archive it instead"):
            self.rpc(self.manager, reason, "unlink")
        self.rpc(self.manager, self.ill.copy({"name": "Unused"}), "unlink")
