# Part of the SPP attendance suite. LGPL-3.
"""Opening and saving the roster screen, by two teachers at once too; a class taken in a browser and on a phone."""

from collections import Counter
from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.spp_integrity import with_guarded

from .common import SessionTrackingCase, SessionTrackingMixin, where_it_is_noon


@tagged("post_install", "-at_install")
class TestRosterScreen(SessionTrackingCase):
    def setUp(self):
        super().setUp()
        self.roster.policy_id = False  # a register that a person takes
        self.session = self.make_sessions().with_user(self.facilitator)

    def decisions(self, *codes, base=False, **values):
        return [
            {"participant_id": person.id, "status": code, "base": base, **values}
            for person, code in zip(self.people, codes, strict=False)
        ]

    def codes(self):
        return {mark.participant_id: mark.status_id.code for mark in self.session.sudo().attendance_ids}

    def test_it_opens_filled_in(self):
        self.hold(self.people[1])
        self.env["spp.session.attendance"].create(
            {"session_id": self.session.id, "participant_id": self.people[2].id, "status_id": self.late.id}
        )
        rows = {row["participant_id"]: row for row in self.session.load_roster()["rows"]}
        self.assertEqual(
            [(rows[person.id]["status"], rows[person.id]["suggestion"]) for person in self.people],
            [(False, "present"), (False, "on_hold"), ("late", "present"), (False, "present")],
        )

    def test_terminals_speak_for_their_sessions(self):
        self.roster.policy_id = self.policy
        self.assertEqual({row["suggestion"] for row in self.session.load_roster()["rows"]}, {False})

    def test_saving_twice_changes_nothing(self):
        marks = self.decisions("present", "absent", "late", "present", late_minutes=14)
        first = self.session.save_roster(marks, submit=True)
        self.assertEqual((first["conflicts"], first["roster"]["is_submitted"]), ([], True))
        self.assertEqual(list(self.codes().values()).count("present"), 2)
        late = self.session.sudo().attendance_ids.filtered(lambda mark: mark.status_id == self.late)
        self.assertEqual((late.attendance_time, late.late_minutes), (datetime(2025, 9, 30, 23, 14), 14))
        before = self.session.sudo().attendance_ids.mapped("write_date")
        self.session.save_roster(marks, submit=True)
        self.assertEqual(self.session.sudo().attendance_ids.mapped("write_date"), before)
        self.assertFalse(self.session.sudo().attendance_ids.change_ids)

    def test_two_teachers_see_each_others_difference(self):
        self.session.sudo().co_facilitator_ids = self.other_facilitator
        self.session.with_user(self.other_facilitator).save_roster(self.decisions("absent"))
        answer = self.session.save_roster(self.decisions("present", "absent"), submit=True)
        self.assertEqual(
            answer["conflicts"],
            [{"participant_id": self.people[0].id, "name": "Person 1", "theirs": "absent", "mine": "present"}],
        )
        self.assertFalse(self.session.submitted_at, "nothing is submitted over a difference")
        self.assertEqual(self.codes(), {self.people[0]: "absent", self.people[1]: "absent"})
        again = self.session.save_roster(self.decisions("present", base="absent"), submit=True)
        self.assertFalse(again["conflicts"])
        self.assertEqual(self.codes()[self.people[0]], "present")

    def test_confirming_what_a_terminal_saw_keeps_it_the_terminals(self):
        mark = self.env["spp.session.attendance"].create(
            {
                "session_id": self.session.id,
                "participant_id": self.people[0].id,
                "status_id": self.present.id,
                "source": "submission",
            }
        )
        self.session.save_roster(self.decisions("present", base="present"))
        self.assertEqual(mark.source, "submission")
        self.session.save_roster(self.decisions("absent", base="present"))
        self.assertEqual(mark.source, "person")

    def test_strangers_and_made_up_statuses(self):
        outsider = self.env["res.partner"].create({"name": "Outsider", "is_registrant": True})
        with self.assertRaisesRegex(UserError, "not in this session any more"):
            self.session.save_roster([{"participant_id": outsider.id, "status": "present"}])
        with self.assertRaisesRegex(UserError, "no such status"):
            self.session.save_roster(self.decisions("asleep"))

    def test_only_own_sessions(self):
        with self.assertRaises(AccessError):
            self.rpc(self.other_facilitator, self.session, "save_roster", self.decisions("present"))
        self.assertFalse(self.session.with_user(self.other_facilitator).load_roster()["can_mark"])

    def test_submitted_registers_are_corrected_by_managers_only(self):
        self.session.applied_policy_id.sudo().correction_minutes = 0
        self.session.save_roster(self.decisions("present"), submit=True)
        with self.assertRaises(AccessError):
            self.session.save_roster(self.decisions("absent", base="present"))
        by_manager = with_guarded(self.session.with_user(self.manager), attendance_change_reason="Paper list")
        by_manager.save_roster(self.decisions("absent", base="present"))
        mark = self.session.sudo().attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0])
        self.assertEqual(mark.change_ids.old_status_id, self.present)

    def test_forty_and_four_hundred_need_as_many_queries(self):
        counts = []
        for size, day in ((40, 10), (400, 11)):
            people = self.env["res.partner"].create(
                [{"name": f"{size}-{number}", "is_registrant": True} for number in range(size)]
            )
            session = self.roster.generate_sessions(date(2025, 10, day), date(2025, 10, day), 6.0, 8.0)
            session.expected_participant_ids = people
            session = session.with_user(self.facilitator)
            marks = [
                {"participant_id": person.id, "status": code, "late_minutes": 10}
                for person, code in zip(people, ["present", "absent", "late", "excused"] * 100, strict=False)
            ]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            session.load_roster()
            session.save_roster(marks, submit=True)
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, f"queries for 40 and for 400 people: {counts}")


@tagged("post_install", "-at_install")
class TestRosterTour(SessionTrackingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_sessions()

    def test_teacher_takes_a_register(self):
        zone, today = where_it_is_noon()
        self.roster.write({"policy_id": False, "tz": zone})
        session = self.roster.generate_sessions(today, today, 0.0, 23.99)
        self.start_tour("/odoo/spp-today", "spp_take_register", login=self.facilitator.login)
        codes = {mark.participant_id: mark.status_id.code for mark in session.attendance_ids}
        self.assertEqual([codes[person] for person in self.people], ["absent", "late", "excused", "present"])
        self.assertTrue(session.submitted_at)

    def test_unit_tests_of_the_screen(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&filter=spp_session_tracking",
            "",
            "",
            login="admin",
            timeout=180,
            success_signal="[HOOT] Test suite succeeded",
        )


@tagged("post_install", "-at_install")
class TestRosterPhone(SessionTrackingMixin, HttpCase):
    browser_size = "390x844"
    touch_enabled = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_sessions()

    def test_seven_taps(self):
        pupils = self.env["res.partner"].create(
            [{"name": f"Pupil {n:02}", "is_registrant": True} for n in range(1, 41)]
        )
        zone, today = where_it_is_noon()
        self.roster.membership_ids.unlink()
        self.roster.write(
            {
                "policy_id": False,
                "tz": zone,
                "membership_ids": [Command.create({"partner_id": pupil.id, "date_from": today}) for pupil in pupils],
                "hold_ids": [
                    Command.create(
                        {"partner_id": pupils[5].id, "date_from": today, "date_to": today, "reason": "Abroad"}
                    )
                ],
            }
        )
        self.env["spp.session.absence"].create(
            {
                "partner_id": pupils[4].id,
                "date_from": today,
                "date_to": today,
                "reason_id": self.env.ref("spp_session_tracking.attendance_reason_medical").id,
            }
        )
        session = self.roster.generate_sessions(today, today, 0.0, 23.99)
        self.start_tour("/odoo/spp-today", "spp_seven_taps", login=self.facilitator.login)
        codes = Counter(session.attendance_ids.mapped(lambda mark: mark.status_id.code))
        self.assertEqual(codes, {"present": 34, "absent": 3, "late": 1, "medical": 1, "on_hold": 1})
        self.assertTrue(session.submitted_at)
