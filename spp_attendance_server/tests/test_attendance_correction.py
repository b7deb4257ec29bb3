# Part of the SPP attendance suite. LGPL-3.
"""Corrections of a server's facts stay through later fetches, and differences are flagged."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .server_common import AttendanceServerCase


@tagged("post_install", "-at_install")
class TestAttendanceCorrection(AttendanceServerCase):
    people_count = 3

    def setUp(self):
        super().setUp()
        self.run_fetched()
        self.fact = self.facts(external_id="1")

    def correct(self, **values):
        self.rpc(self.manager, self.fact, "action_correct", values, "The teacher mixed up two children")

    def test_a_correction_keeps_what_was(self):
        self.correct(category="absent")
        self.assertEqual((self.fact.is_attended, self.fact.weight, self.fact.is_corrected), (False, 0, True))
        self.correct(attendance_date="2026-03-20")
        self.assertEqual(self.fact.attendance_datetime.date(), date(2026, 3, 20))
        latest, first = self.fact.correction_ids
        self.assertEqual((first.old_values, first.new_values), ({"category": "present"}, {"category": "absent"}))
        self.assertEqual((first.user_id, first.reason), (self.manager, "The teacher mixed up two children"))
        self.assertIn("Present → Absent", first.change)
        self.assertIn("2026-03-01 → 2026-03-20", latest.change)
        self.assertEqual(self.decision(self.run_fetched(), self.children[0]).counted, 11)

    def test_why_it_was_corrected_can_be_made_anonymous(self):
        self.correct(category="absent")
        self.assertAnonymises(self.fact.correction_ids, "reason")
        former = self.env["spp.event.attendance.version"].search([("event_id", "=", self.fact.id)], limit=1)
        self.assertAnonymises(former)

    def test_the_next_fetch_leaves_a_correction_alone(self):
        self.correct(category="absent")
        self.run_fetched()
        self.assertEqual(
            (self.fact.category, self.fact.has_difference), ("absent", False), "the server says what it said"
        )
        self.change_at_server(1, date_time="2026-03-14 08:00:00")
        run = self.run_fetched()
        self.assertEqual((self.fact.category, self.fact.attendance_date), ("absent", date(2026, 3, 1)))
        self.assertTrue(self.fact.has_difference)
        self.assertEqual(self.fact.source_values["attendance_date"], "2026-03-14")
        self.assertEqual(self.decision(run, self.children[0]).counted, 11)

    def test_a_corrected_fact_that_vanished_is_flagged(self):
        self.correct(attendance_date="2026-03-02")
        self.delete_at_server(1)
        self.run_fetched()
        self.assertEqual((self.fact.state, self.fact.has_difference), ("active", True))
        self.assertEqual(self.fact.source_values, {"state": "cancelled"})

    def test_a_server_that_follows_the_correction_is_no_difference(self):
        self.correct(category="absent")
        self.change_at_server(1, attendance_category="absent")
        self.run_fetched()
        self.assertFalse(self.fact.has_difference)

    def test_only_managers_correct_and_nobody_deletes(self):
        registrar = self.make_user("registrar", "spp_registry.group_registry_officer")
        for user in (registrar, self.viewer, self.officer):
            self.assertTrue(self.rpc(user, self.fact, "read", ["attendance_date"]))
            with self.assertRaises(AccessError):
                self.rpc(user, self.fact, "action_correct", {"category": "absent"}, "because")
        self.correct(category="absent")
        for user in (registrar, self.viewer, self.officer, self.manager):
            for records in (self.fact, self.fact.correction_ids):
                with self.assertRaises(AccessError):
                    self.rpc(user, records, "unlink")
                with self.assertRaises(AccessError):
                    self.rpc(user, records, "write", {"create_uid": user.id})
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            self.fact.correction_ids.sudo().reason = "Other"
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            self.fact.correction_ids.sudo().unlink()

    def test_what_cannot_be_corrected(self):
        for values, reason, sentence in (
            ({"category": "absent"}, " ", "a reason is needed"),
            ({"category": "absent"}, None, "a reason is needed"),
            ({"weight": 5}, "because", "can be corrected"),
            ({"partner_id": self.children[1].id}, "because", "can be corrected"),
            ({}, "because", "can be corrected"),
        ):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, sentence):
                self.rpc(self.manager, self.fact, "action_correct", values, reason)
        south = self.new_source(name="South")
        south.action_test_connection()
        with self.assertRaisesRegex(UserError, "of North"):
            self.correct(type_id=south.type_ids[0].id)
        self.sessions[0].action_submit()
        own = self.env["spp.event.attendance"].search([("session_id", "=", self.sessions[0].id)], limit=1)
        with self.assertRaisesRegex(UserError, "have its register unlocked"):
            self.rpc(self.manager, own, "action_correct", {"category": "present"}, "because")

    def test_the_dialog_corrects_what_was_changed_in_it(self):
        action = self.rpc(self.manager, self.fact, "action_open_correction")
        dialog = (
            self.env["spp.event.attendance.correct"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({"reason": "Was ill", "category": "absent"})
        )
        dialog.action_confirm()
        self.assertEqual(self.fact.correction_ids.new_values, {"category": "absent"})

    # --- history

    def events(self, person):
        return self.env["spp.event.data"].search(
            [("partner_id", "=", person.id), ("event_type_code", "=", "attendance")], order="collection_date"
        )

    def test_each_fact_is_an_event_of_the_person(self):
        events = self.events(self.children[0])
        self.assertEqual(len(events), 12)
        self.assertEqual(set(events.mapped("state")), {"active"}, "many are active at once")
        self.assertEqual(events[0].collection_date, date(2026, 3, 1))
        self.assertEqual((events[0].data_model, events[0].data_record_id), (self.fact._name, self.fact.id))
        self.assertEqual(events[0].name, "Attendance - Child 0 - 2026-03-01")
        self.assertEqual(self.children[0].event_data_count, 12)
        reader = self.make_user("reader", "spp_registry.group_registry_viewer")
        self.assertEqual(len(self.children[0].with_user(reader).get_events_by_type("attendance")), 12)

    def test_events_follow_their_facts(self):
        self.correct(attendance_date="2026-03-25")
        self.assertEqual(self.events(self.children[0])[-1].collection_date, date(2026, 3, 25))
        self.delete_at_server(2)
        self.run_fetched()
        events = self.events(self.children[0])
        self.assertEqual(len(events), 12)
        self.assertEqual(events.filtered(lambda event: event.state == "cancelled").collection_date, date(2026, 3, 2))

    def test_own_sessions_are_in_the_history_too(self):
        self.attend(self.people[0], 5)
        self.sessions.action_submit()
        self.assertEqual(len(self.events(self.people[0])), 5)
        self.sessions[0].attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0]).unlink()
        self.assertEqual(sorted(self.events(self.people[0]).mapped("state")), ["active"] * 4 + ["cancelled"])

    def test_the_event_type_does_not_supersede(self):
        kind = self.env.ref("spp_attendance_compliance.event_type_attendance")
        self.assertFalse(kind.is_one_active_per_registrant)
        self.assertEqual((kind.code, kind.category), ("attendance", "sync"))
