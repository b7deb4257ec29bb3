# Part of the SPP attendance suite. LGPL-3.
"""Rates to the exact number: cases that users argued about, every rule of counting, and forecasts."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_integrity import with_guarded

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
@freeze_time("2025-10-20 12:00:00")
class TestStatistics(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.policy.write({"correction_minutes": 15, "auto_submit": False})
        cls.person = cls.people[0]
        cls.statistics = cls.env["spp.attendance.statistics"]

    def hold_sessions(self, codes, person=None, first=date(2025, 10, 1), **values):
        """One submitted session a day; each letter is the person's status there, `-` is a cancelled session."""
        names = {
            "P": "present",
            "L": "late",
            "R": "partial",
            "A": "absent",
            "E": "excused",
            "M": "medical",
            "H": "on_hold",
        }
        person = person or self.person
        sessions = self.roster.generate_sessions(first, first + timedelta(days=len(codes) - 1), 6.0, 8.0)
        sessions = sessions.sorted("date")
        for session, code in zip(sessions, codes, strict=True):
            if code == "-":
                session.action_cancel()
                continue
            self.env["spp.session.attendance"].create(
                {
                    "session_id": session.id,
                    "participant_id": person.id,
                    "status_id": self.env["spp.attendance.status"]._by_code(names[code]).id,
                    **values,
                }
            )
        sessions.filtered(lambda session: session.state != "cancelled").action_submit()
        return sessions

    def rate(self, **arguments):
        return self.statistics.rate(self.person, **arguments)[self.person.id]

    def counts(self, **arguments):
        return self.statistics.counts(self.person, **arguments)[self.person.id]

    # --- exact numbers

    def test_weights_are_exact(self):
        """Somebody with exactly the required share has met it, though 0.3 is not a binary number."""
        self.env["spp.attendance.status"]._by_code("partial").weight = 0.3
        self.hold_sessions("R")
        counts = self.counts()
        self.assertEqual(counts["weight"], Decimal("0.3"))
        self.assertIs(self.statistics.is_met(counts["weight"], counts["counted"], 30.0), True)
        self.assertIs(self.statistics.is_met(counts["weight"], counts["counted"], 30.01), False)

    def test_rate_is_rounded_from_the_exact_number(self):
        """0.57 of 8 sessions is 7.125 %: the half is rounded up, though the float 0.57 is a little less."""
        self.env["spp.attendance.status"]._by_code("partial").weight = 0.57
        self.hold_sessions("R" + "A" * 7)
        self.assertEqual(self.rate(), Decimal("7.13"))

    def test_only_lates_take_absences_away(self):
        """Three lates are one absence: five of them among other marks take one away, per session type."""
        self.policy.write({"late_counting": "absences", "lates_per_absence": 3})
        self.hold_sessions("PLLPLAELL")
        counts = self.counts()
        self.assertEqual((counts["deducted"], counts["late"], counts["counted"]), (1, 5, 8))
        self.assertEqual(counts["weight"], Decimal(6))

    # --- numbers users argued about

    def test_free_absences_are_out_of_the_denominator(self):
        """5 sessions, 2 present, 2 free absences: 2/3 = 67 %, not 40 %."""
        reason = self.env["spp.attendance.reason"].create(
            {
                "name": "Free Absence",
                "code": "free",
                "status_id": self.env["spp.attendance.status"]._by_code("excused").id,
                "limit_count": 2,
                "limit_period": "term",
            }
        )
        sessions = self.roster.generate_sessions(date(2025, 10, 1), date(2025, 10, 5), 6.0, 8.0).sorted("date")
        marks = self.env["spp.session.attendance"].with_user(self.facilitator)
        for session in sessions[:2]:
            marks.create({"session_id": session.id, "participant_id": self.person.id, "status_id": self.present.id})
        for session in sessions[2:]:
            marks.create({"session_id": session.id, "participant_id": self.person.id, "reason_id": reason.id})
        sessions.action_submit()
        self.assertEqual(self.rate(), Decimal("66.67"))
        self.assertEqual(self.counts()["requested"], 1, "the third free absence is asked of a manager")

    def test_excused_in_the_middle(self):
        """P-A-P-J-P-A with J excused: 3/5 = 60 %, not 50 %."""
        self.hold_sessions("PAPEPA")
        self.assertEqual(self.rate(), Decimal("60.00"))

    def test_so_far_and_of_the_course(self):
        """5 of 10 held, all attended: 100 % so far, 50 % of the course, safe at 50 %, not yet at 80 %."""
        self.hold_sessions("PPPPP")
        self.roster.generate_sessions(date(2025, 10, 22), date(2025, 10, 26), 6.0, 8.0)
        at_50 = self.statistics.forecast(self.person, self.session_type, required=50)[self.person.id]
        at_80 = self.statistics.forecast(self.person, self.session_type, required=80)[self.person.id]
        self.assertEqual((at_50["rate"], at_50["rate_of_course"]), (Decimal(100), Decimal(50)))
        self.assertEqual((at_50["outcome"], at_50["remaining"]), ("safe", 5))
        self.assertEqual((at_80["outcome"], at_80["can_miss"]), ("can_miss", 2))

    def test_attendance_and_commitment(self):
        """Two rates side by side: present, and present or announced."""
        absence = self.env["spp.session.absence"].create(
            {
                "partner_id": self.person.id,
                "date_from": "2025-10-04",
                "date_to": "2025-10-04",
                "reason_id": self.env.ref("spp_session_tracking.attendance_reason_school_event").id,
                "announced_at": "2025-10-01 00:00:00",
            }
        )
        self.assertEqual(absence.state, "accepted")
        self.hold_sessions("PAPEPA")
        self.assertEqual(self.rate(), Decimal("60.00"))
        self.assertEqual(
            self.statistics.commitment(self.person)[self.person.id], Decimal("66.67"), "3 present and 1 announced of 6"
        )

    def test_fifty_minutes_of_ninety_are_partial(self):
        """Presence 16:00-16:50 in a 90-minute class: 56 %, partial; 65 minutes late: absent."""
        self.roster.write({"policy_id": self.env.ref("spp_session_tracking.session_policy_default").id, "tz": "UTC"})
        session = self.roster.generate_sessions(date(2025, 10, 1), date(2025, 10, 1), 16.0, 17.5)
        marks = self.env["spp.session.attendance"].create(
            [
                {
                    "session_id": session.id,
                    "participant_id": person.id,
                    "attendance_time": datetime(2025, 10, 1, *arrival),
                    "departure_time": departure and datetime(2025, 10, 1, *departure),
                }
                for person, arrival, departure in zip(
                    self.people, ((16, 0), (17, 5), (16, 14), (16, 0)), ((16, 50), False, False, (17, 30)), strict=True
                )
            ]
        )
        self.assertEqual(marks.mapped("status_id.code"), ["partial", "absent", "late", "present"])
        self.assertAlmostEqual(marks[0].presence_percentage, 55.56)
        self.assertEqual(marks[2].late_minutes, 14)

    def test_two_sessions_on_one_day(self):
        """2 sessions, 1 day: the rule says which."""
        self.hold_sessions("P")
        second = self.roster.generate_sessions(date(2025, 10, 1), date(2025, 10, 1), 10.0, 12.0)
        self.env["spp.session.attendance"].create(
            {"session_id": second.id, "participant_id": self.person.id, "status_id": self.present.id}
        )
        second.action_submit()
        self.assertEqual(self.counts()["attended"], 2)
        self.assertEqual(self.statistics.days(self.person)[self.person.id], 1)

    # --- rules

    def test_every_status_weighs_what_the_catalogue_says(self):
        self.hold_sessions("PLRAEMH-")
        counts = self.counts()
        self.assertEqual((counts["weight"], counts["counted"], counts["sessions"]), (Decimal("2.5"), 4, 7))
        self.assertEqual(self.rate(), Decimal("62.50"))

    def test_three_lates_are_one_absence(self):
        self.policy.write({"late_counting": "absences", "lates_per_absence": 3})
        self.hold_sessions("LLPPL")
        self.assertEqual((self.counts()["late"], self.counts()["deducted"]), (3, 1))
        self.assertEqual(self.rate(), Decimal("80.00"))
        self.assertEqual(self.rate(date_to=date(2025, 10, 4)), Decimal("100.00"), "two lates in this period")

    def test_lates_with_a_weight(self):
        self.policy.write({"late_counting": "weight", "late_weight": 0.75})
        self.hold_sessions("LP")
        self.assertEqual(self.rate(), Decimal("87.50"))

    def test_excused_in_the_denominator(self):
        self.policy.write({"excused_counting": "weight", "excused_weight": 0.5})
        self.hold_sessions("PE")
        self.assertEqual((self.counts()["counted"], self.rate()), (2, Decimal("75.00")))

    def test_what_is_not_submitted_does_not_count(self):
        session = self.make_sessions()
        self.env["spp.session.attendance"].create(
            {"session_id": session.id, "participant_id": self.person.id, "status_id": self.present.id}
        )
        self.assertIsNone(self.rate())
        self.assertEqual(self.counts()["sessions"], 0)

    def test_the_denominator_lies_between_joining_and_leaving(self):
        membership = self.roster.membership_ids.filtered(lambda line: line.partner_id == self.person)
        self.hold_sessions("PAAA")
        self.assertEqual(self.rate(), Decimal("25.00"))
        membership.date_to = "2025-10-02"
        self.assertEqual(self.rate(), Decimal("50.00"), "left after the second session")
        membership.date_to = "2025-10-03"
        self.assertEqual(self.rate(), Decimal("33.33"))
        self.assertEqual(self.counts()["sessions"], 4, "no mark was lost")

    def test_a_hold_that_is_entered_later(self):
        self.hold_sessions("PAAA")
        hold = self.env["spp.session.roster.hold"].create(
            {
                "roster_id": self.roster.id,
                "partner_id": self.person.id,
                "date_from": "2025-10-02",
                "date_to": "2025-10-03",
                "reason": "Abroad",
            }
        )
        self.assertEqual(self.rate(), Decimal("50.00"))
        hold.date_to = "2025-10-04"
        self.assertEqual(self.rate(), Decimal("100.00"))
        hold.unlink()
        self.assertEqual(self.rate(), Decimal("25.00"))

    def test_moving_to_another_class_keeps_the_history(self):
        other = self.roster.copy({"name": "South", "membership_ids": [], "hold_ids": []})
        self.hold_sessions("PA")
        self.roster.membership_ids.filtered(lambda line: line.partner_id == self.person).date_to = "2025-10-02"
        other.membership_ids = [Command.create({"partner_id": self.person.id, "date_from": "2025-10-03"})]
        there = other.generate_sessions(date(2025, 10, 3), date(2025, 10, 4), 6.0, 8.0).sorted("date")
        self.assertEqual(there.expected_participant_ids, self.person)
        self.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": self.person.id, "status_id": self.present.id}
                for session in there
            ]
        )
        there.action_submit()
        self.assertEqual((self.counts()["counted"], self.rate()), (4, Decimal("75.00")))

    def test_guests_count_when_they_come(self):
        guest = self.env["res.partner"].create({"name": "Guest", "is_registrant": True})
        session = self.hold_sessions("P")
        marks = with_guarded(self.env["spp.session.attendance"], attendance_change_reason="Paper list")
        mark = marks.create({"session_id": session.id, "participant_id": guest.id, "status_id": self.present.id})
        self.assertEqual((mark.standing, self.statistics.rate(guest)[guest.id]), ("guest", Decimal(100)))
        mark.status_id = self.absent
        self.assertIsNone(self.statistics.rate(guest)[guest.id], "nobody expected the guest")

    def test_period_types_and_locations(self):
        self.hold_sessions("PA")
        self.roster.location = "South"
        self.hold_sessions("P", first=date(2025, 11, 1))
        self.assertEqual(self.rate(date_from=date(2025, 10, 2)), Decimal("50.00"))
        self.assertEqual(self.rate(date_to=date(2025, 10, 1)), Decimal("100.00"))
        self.assertEqual(self.rate(locations=["South"]), Decimal("100.00"))
        self.assertEqual(self.rate(session_types=self.session_type), Decimal("66.67"))
        other_type = self.env["spp.session.type"].create({"name": "Other"})
        self.assertIsNone(self.rate(session_types=other_type))

    def test_sessions_of_other_companies_can_be_left_out(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        sessions = self.hold_sessions("PA")
        to_come = self.roster.generate_sessions(date(2025, 10, 22), date(2025, 10, 23), 6.0, 8.0)
        self.env.flush_all()
        moved = (sessions[1] | to_come[0]).ids
        self.cr.execute("UPDATE spp_session SET company_id = %s WHERE id = ANY(%s)", [elsewhere.id, moved])
        self.env.invalidate_all()
        self.assertEqual(self.rate(), Decimal("50.00"))
        self.assertEqual(self.rate(companies=self.env.company), Decimal("100.00"))
        forecasts = [
            self.statistics.forecast(self.person, self.session_type, companies=companies)[self.person.id]
            for companies in (None, self.env.company)
        ]
        self.assertEqual([forecast["remaining"] for forecast in forecasts], [2, 1])

    def test_a_requirement_is_exact(self):
        self.assertTrue(self.statistics.is_met(Decimal("79.5"), 100, 79.5))
        self.assertFalse(self.statistics.is_met(Decimal("79.5"), 100, 80))
        self.assertTrue(self.statistics.is_met(Decimal(4), 5, 80))
        self.assertFalse(self.statistics.is_met(Decimal(99), 100, 100))
        self.assertTrue(self.statistics.is_met(Decimal(0), 0, 0), "0: no requirement")
        self.assertIsNone(self.statistics.is_met(Decimal(0), 0, 80), "nothing is known")

    def test_forecast_outcomes(self):
        self.hold_sessions("PPA")
        self.roster.generate_sessions(date(2025, 10, 22), date(2025, 10, 23), 6.0, 8.0)
        for required, outcome, can_miss in (
            (0, "safe", 2),
            (40, "safe", 2),
            (60, "can_miss", 1),
            (80, "must_attend_all", 0),
            (81, "impossible", 0),
        ):
            forecast = self.statistics.forecast(self.person, self.session_type, required=required)[self.person.id]
            self.assertEqual((forecast["outcome"], forecast["can_miss"]), (outcome, can_miss), f"required {required} %")

    def test_days_on_hold_are_not_to_come(self):
        self.roster.generate_sessions(date(2025, 10, 22), date(2025, 10, 24), 6.0, 8.0)
        self.env["spp.session.roster.hold"].create(
            {
                "roster_id": self.roster.id,
                "partner_id": self.person.id,
                "date_from": date(2025, 10, 23),
                "date_to": date(2025, 10, 29),
                "reason": "Abroad",
            }
        )
        self.assertEqual(self.statistics.forecast(self.person, self.session_type)[self.person.id]["remaining"], 1)

    def test_the_number_of_queries_does_not_grow(self):
        self.hold_sessions("PPA")
        counts = []
        for people in (self.people[0], self.people):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.statistics.counts(people)
            self.statistics.rate(people)
            self.statistics.days(people)
            self.statistics.forecast(people, self.session_type)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 7)
