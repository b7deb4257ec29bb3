# Part of the SPP attendance suite. LGPL-3.
"""Statuses are taken for what their kind says: a programme's own late status counts wherever the shipped one does."""

import json
from datetime import date, timedelta
from decimal import Decimal

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools.misc import file_open

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestAttendanceKind(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write({"auto_submit": False, "correction_minutes": 15})
        cls.person = cls.people[0]
        cls.statuses = cls.env["spp.attendance.status"]
        cls.tardy = cls.statuses.create(
            {
                "name": "Tardy",
                "code": "tardy",
                "kind": "late",
                "weight": 0.9,
                "is_attended": True,
                "sequence": 25,
                "keyboard_key": "T",
            }
        )

    def hold_sessions(self, *statuses, first=date(2025, 10, 1)):
        """One submitted session a day in which the person has these statuses."""
        sessions = self.make_sessions(first, first + timedelta(len(statuses) - 1)).sorted("date")
        self.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": self.person.id, "status_id": status.id}
                for session, status in zip(sessions, statuses, strict=True)
            ]
        )
        sessions.action_submit()
        return sessions

    # --- the catalogue

    def test_the_shipped_statuses_are_what_their_codes_said(self):
        kinds = ("present", "late", "partial", "absent", "excused", "medical", "on_hold")
        for kind in kinds:
            self.assertEqual(self.env.ref(f"spp_session_tracking.attendance_status_{kind}").kind, kind)

    def test_the_first_active_status_of_a_kind_stands_for_it(self):
        self.assertEqual(self.statuses._by_kind("late"), self.late)
        self.tardy.sequence = 15
        self.assertEqual(self.statuses._by_kind("late"), self.tardy)
        self.tardy.sequence = 25
        self.late.active = False
        self.assertEqual(self.statuses._by_kind("late"), self.tardy)
        self.tardy.active = False
        self.assertEqual(self.statuses._by_kind("late"), self.late, "none is active: the first one")
        self.tardy.kind = self.late.kind = "other"
        with self.assertRaisesRegex(UserError, "No attendance status is of the kind Late: add one under Configuration"):
            self.statuses._by_kind("late")

    def test_a_status_without_kind_is_relied_on_by_nothing(self):
        online = self.statuses.create({"name": "Online", "code": "online", "weight": 1, "is_attended": True})
        self.assertEqual(online.kind, "other")
        self.hold_sessions(online)
        counts = self.env["spp.attendance.statistics"].counts(self.person)[self.person.id]
        self.assertEqual((counts["attended"], counts["late"], counts["weight"]), (1, 0, Decimal(1)))

    # --- a late status of the programme's own

    def test_it_counts_as_late(self):
        self.policy.write({"late_counting": "absences", "lates_per_absence": 2})
        self.hold_sessions(self.tardy, self.late, self.present)
        counts = self.env["spp.attendance.statistics"].counts(self.person)[self.person.id]
        self.assertEqual((counts["late"], counts["deducted"], counts["weight"]), (2, 1, Decimal("1.9")))

    def test_it_weighs_what_the_policy_says_of_late_arrivals(self):
        self.policy.write({"late_counting": "weight", "late_weight": 0.5})
        self.hold_sessions(self.tardy, self.present)
        self.assertEqual(self.env["spp.attendance.statistics"].rate(self.person)[self.person.id], Decimal("75.00"))

    def test_it_is_in_the_counter_of_lates_and_in_the_summary(self):
        sessions = self.hold_sessions(self.tardy, self.late, self.present)
        counters = self.env["spp.attendance.late.counter"]
        counter = counters.search([("partner_id", "=", self.person.id)])
        self.assertEqual((counter.kind, counter.late), ("year", 2))
        action = counter.action_view_marks()
        marks = self.env["spp.session.attendance"].search(action["domain"])
        self.assertEqual(marks.session_id, sessions[0] | sessions[1])
        summary = (
            self.env["spp.attendance.summary"]
            .with_context(attendance_period="all")
            .search([("partner_id", "=", self.person.id)])
        )
        self.assertEqual(summary.late, 2)
        self.tardy.kind = "other"
        self.assertEqual(counters.search([("partner_id", "=", self.person.id)]).late, 1, "what the catalogue says now")

    def test_its_minutes_are_counted(self):
        session = self.make_sessions()
        mark = self.env["spp.session.attendance"].create(
            {
                "session_id": session.id,
                "participant_id": self.person.id,
                "status_id": self.tardy.id,
                "attendance_time": session.start_datetime + timedelta(minutes=14),
            }
        )
        self.assertEqual(mark.late_minutes, 14)
        mark.status_id = self.present
        self.assertEqual(mark.late_minutes, 0)

    def test_the_policy_sets_it_when_it_stands_for_the_kind(self):
        self.late.active = False
        session = self.make_sessions()
        mark = self.env["spp.session.attendance"].create(
            {
                "session_id": session.id,
                "participant_id": self.person.id,
                "attendance_time": session.start_datetime + timedelta(minutes=6),
            }
        )
        self.assertEqual(mark.status_id, self.tardy)

    def test_the_roster_screen_keeps_its_minutes(self):
        session = self.make_sessions().with_user(self.facilitator)
        item = {"participant_id": self.person.id, "status": "tardy", "base": False, "late_minutes": 9}
        roster = session.save_roster([item])["roster"]
        mark = session.sudo().attendance_ids
        self.assertEqual((mark.status_id, mark.late_minutes), (self.tardy, 9))
        kinds = {status["code"]: status["kind"] for status in roster["statuses"]}
        self.assertEqual((kinds["tardy"], kinds["late"], kinds["absent"]), ("late", "late", "absent"))
        row = next(row for row in roster["rows"] if row["participant_id"] == self.person.id)
        self.assertEqual((row["status"], row["late_minutes"]), ("tardy", 9))

    def test_own_statuses_for_absence_and_hold(self):
        """What the system sets by itself is the programme's own status, too."""
        away, paused = self.statuses.create(
            [
                {"name": "Away", "code": "away", "kind": "absent", "sequence": 1},
                {"name": "Paused", "code": "paused", "kind": "on_hold", "sequence": 1, "is_in_denominator": False},
            ]
        )
        self.env["spp.session.roster.hold"].create(
            {
                "roster_id": self.roster.id,
                "partner_id": self.people[1].id,
                "date_from": "2025-10-01",
                "date_to": "2025-10-31",
                "reason": "Abroad",
            }
        )
        session = self.make_sessions()
        suggested = {row["participant_id"]: row["suggestion"] for row in session.load_roster()["rows"]}
        self.assertEqual(suggested[self.people[1].id], "paused")
        session.action_submit()
        found = {mark.participant_id: mark.status_id for mark in session.attendance_ids}
        self.assertEqual((found[self.people[0]], found[self.people[1]]), (away, paused))

    # --- the preview of the roster screen

    def test_the_server_says_of_an_arrival_what_the_roster_screen_says(self):
        """The table of cases that the test of the roster screen reads too."""
        with file_open("spp_session_tracking/static/tests/presence_kind_cases.json", "r") as file:
            cases = json.load(file)["cases"]
        self.assertGreater(len(cases), 20)
        self.assertEqual({case["kind"] for case in cases}, {"present", "late", "partial", "absent"})
        session = self.make_sessions()
        names = {
            "grace": "grace_minutes",
            "partial_after": "partial_after_minutes",
            "absent_after": "absent_after_minutes",
            "partial_below": "partial_below_percentage",
            "absent_below": "absent_below_percentage",
        }
        for case in cases:
            with self.subTest(case["name"]):
                self.policy.write({field: case["policy"].get(name, 0) for name, field in names.items()})
                session.end_datetime = session.start_datetime + timedelta(minutes=case["duration"])
                arrival = session.start_datetime + timedelta(minutes=case["minutes"])
                self.assertEqual(session._presence_kind(arrival, False), case["kind"])
                # what the screen judges by is what the policy says
                roster = session.load_roster()
                self.assertEqual(
                    {field: roster[field] for field in names.values()},
                    {field: case["policy"].get(name, 0) for name, field in names.items()},
                )
                self.assertEqual(roster["ends_at"] - roster["starts_at"], case["duration"] * 60000)
