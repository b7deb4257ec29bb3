# Part of the SPP attendance suite. LGPL-3.
"""The list of who stands how: it agrees with the statistics, keeps to its period, and is bounded like the people."""

from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .summary_common import YEAR, SummaryCase


@tagged("post_install", "-at_install")
@freeze_time("2026-02-10 12:00:00")
class TestSummary(SummaryCase):
    """Ten sessions that should be attended to 80 %: Person 1 to 4 attend 10, 8, 7 and none."""

    def test_rates_and_who_is_below(self):
        rows = self.rows()
        self.assertEqual(rows.partner_id, self.people)
        self.assertEqual(rows.mapped("rate"), [100, 80, 70, 0])
        self.assertEqual(rows.mapped("is_below"), [False, False, True, True], "a tie is enough")
        self.assertEqual(rows.mapped("counted"), [10] * 4)
        self.assertEqual([row.late for row in rows], [0, 2, 0, 0])
        self.assertEqual([row.days for row in rows], [10, 8, 7, 0])
        self.assertEqual([row.unexplained for row in rows], [0, 2, 3, 10])

    def test_it_agrees_with_the_statistics(self):
        self.policy.write({"late_counting": "absences", "lates_per_absence": 2})
        rows = self.rows()
        statistics = self.env["spp.attendance.statistics"]
        rates = statistics.rate(self.people, date(2025, 1, 1), date(2025, 12, 31))
        commitments = statistics.commitment(self.people, date(2025, 1, 1), date(2025, 12, 31))
        for row in rows:
            self.assertEqual(f"{row.rate:.2f}", f"{rates[row.partner_id.id]:.2f}")
            self.assertEqual(f"{row.commitment_rate:.2f}", f"{commitments[row.partner_id.id]:.2f}")
        self.assertEqual((rows[1].deducted, rows[1].rate, rows[1].is_below), (1, 70, True))

    def test_borders_are_exact(self):
        # 7 of 10 against 70.01 %; 8 of 10 against 80 %
        self.session_type.required_attendance_percentage = 70.01
        self.assertEqual(self.rows().mapped("is_below"), [False, False, True, True])
        self.session_type.required_attendance_percentage = 70
        self.assertEqual(self.rows().mapped("is_below"), [False, False, False, True])
        self.session_type.required_attendance_percentage = 100
        self.assertEqual(self.rows().mapped("is_below"), [False, True, True, True])
        self.session_type.required_attendance_percentage = 0
        self.assertEqual(self.rows().mapped("is_below"), [False] * 4, "no requirement")

    def test_nothing_counted_is_unknown_not_below(self):
        excused = self.env["spp.attendance.status"]._by_code("excused")
        self.sessions.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[3]).write(
            {"status_id": excused.id}
        )
        row = self.rows()[3]
        self.assertEqual((row.counted, row.is_below, row.excused), (0, False, 10))

    def test_the_period_comes_with_the_context(self):
        first_five = self.rows(attendance_date_from="2025-10-01", attendance_date_to="2025-10-05")
        self.assertEqual(first_five.mapped("rate"), [100, 100, 100, 0])
        self.assertEqual([row.days for row in first_five], [5, 5, 5, 0])
        self.assertEqual(self.rows(attendance_period="all").mapped("rate"), [100, 80, 70, 0])
        self.assertFalse(self.rows(attendance_date_from="2026-01-01"))
        self.assertFalse(self.rows(lang="en_US"), "the current calendar year")
        terms = self.env["spp.session.term"]
        terms.create({"name": "Long year", "kind": "year", "date_from": "2025-09-01", "date_to": "2026-02-28"})
        self.assertEqual(len(self.rows(lang="en_US")), 4, "the current year as entered")
        terms.create({"name": "Now", "kind": "term", "date_from": "2026-01-01", "date_to": "2026-02-28"})
        self.assertFalse(self.rows(attendance_period="term"))

    def test_a_period_without_dates_is_refused(self):
        for nonsense in ("yesterday", "2026-02-30", ["2026-01-01"], 7):
            with self.assertRaisesRegex(UserError, "dates like 2026-01-31"):
                self.rpc(
                    self.manager,
                    self.env["spp.attendance.summary"],
                    "search_read",
                    [],
                    ["rate"],
                    context={"attendance_date_from": nonsense},
                )

    def test_forecast(self):
        self.roster.generate_sessions(date(2026, 3, 1), date(2026, 3, 5), 6.0, 8.0)
        rows = self.rows(attendance_date_from="2025-01-01", attendance_date_to="2026-12-31")
        self.assertEqual(
            [row.forecast for row in rows],
            ["Can miss 3 more", "Can miss 1 more", "Must attend all 5 remaining", "Impossible"],
        )
        self.session_type.required_attendance_percentage = 0
        rows = self.rows(attendance_date_from="2025-01-01", attendance_date_to="2026-12-31")
        self.assertEqual({row.forecast for row in rows}, {"Safe"})

    def test_drill_down(self):
        row = self.rows()[2]
        action = row.action_view_marks()
        marks = self.env["spp.session.attendance"].search(action["domain"])
        self.assertEqual((len(marks), marks.participant_id), (10, self.people[2]))

    def test_the_list_needs_a_fixed_number_of_queries(self):
        counts = []
        for size in (5, 60):
            people = self.env["res.partner"].create([{"name": f"P{n}", "is_registrant": True} for n in range(size)])
            roster = self.roster.copy(
                {
                    "name": f"Roster of {size}",
                    "membership_ids": [
                        Command.create({"partner_id": person.id, "date_from": "2025-10-01"}) for person in people
                    ],
                }
            )
            roster.generate_sessions(date(2025, 10, 1), date(2025, 10, 2), 6.0, 8.0).action_submit()
            self.env.flush_all()
            specification = {name: {} for name in ("rate", "is_below", "days", "forecast")}
            for _again in range(2):
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                found = self.env["spp.attendance.summary"].with_user(self.manager).with_context(**YEAR)
                result = found.web_search_read([("partner_id", "in", people.ids)], specification)
                used = self.cr.sql_log_count - before
            counts.append(used)
            self.assertEqual(result["length"], size)
        self.assertEqual(counts[0], counts[1])

    # --- people

    def test_people_below_a_requirement_are_found(self):
        partners = self.env["res.partner"].with_user(self.viewer).with_context(**YEAR)
        mine = [("id", "in", self.people.ids)]
        below = partners.search([*mine, ("is_below_attendance_requirement", "=", True)])
        self.assertEqual(below.sorted("id"), self.people[2:])
        self.assertEqual(
            partners.search([*mine, ("is_below_attendance_requirement", "=", False)]).sorted("id"), self.people[:2]
        )
        self.assertEqual(
            partners.browse(self.people.ids).mapped("is_below_attendance_requirement"), [False, False, True, True]
        )
        self.assertFalse(
            self.env["res.partner"].search([*mine, ("is_below_attendance_requirement", "=", True)]),
            "nothing in the current year",
        )
        self.assertEqual(below.filtered_domain([("is_below_attendance_requirement", "=", True)]), below)

    def test_without_a_role_the_field_is_not_there(self):
        employee = self.env["res.users"].create({"name": "Employee", "login": "employee"})
        with self.assertRaises(AccessError):
            self.people[0].with_user(employee).read(["is_below_attendance_requirement"])

    # --- roles, companies and areas

    def test_who_sees_what(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        for user in (self.viewer, self.facilitator, self.manager):
            self.assertEqual(len(self.rows(user)), 4)
        self.viewer.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        self.assertFalse(self.rows(self.viewer))
        here = self.env["spp.area"].create({"draft_name": "Here"})
        self.people[0].area_id = here
        self.manager.center_area_ids = here
        self.assertEqual(self.rows(self.manager).partner_id, self.people[0])
        employee = self.env["res.users"].create({"name": "Employee", "login": "employee"})
        with self.assertRaises(AccessError):
            self.rows(employee)

    # --- late arrivals

    def test_late_counters_per_year_and_term(self):
        counters = self.env["spp.attendance.late.counter"].with_user(self.viewer)
        year = counters.search([("partner_id", "in", self.people.ids)])
        self.assertEqual(
            (year.partner_id, year.kind, year.late, year.period, year.date_from, year.date_to),
            (self.people[1], "year", 2, "2025", date(2025, 1, 1), date(2025, 12, 31)),
        )
        terms = self.env["spp.session.term"].create(
            [
                {"name": "First days", "kind": "term", "date_from": "2025-10-01", "date_to": "2025-10-01"},
                {"name": "Rest", "kind": "term", "date_from": "2025-10-02", "date_to": "2025-12-31"},
                {"name": "School year", "kind": "year", "date_from": "2025-09-01", "date_to": "2026-06-30"},
            ]
        )
        self.env.invalidate_all()
        found = counters.search([("partner_id", "in", self.people.ids)], order="date_from, kind")
        self.assertEqual(
            [(counter.period, counter.kind, counter.late) for counter in found],
            [("School year", "year", 2), ("First days", "term", 1), ("Rest", "term", 1)],
        )
        self.assertEqual(found.term_id, terms)
        marks = self.env["spp.session.attendance"].search(found[1].action_view_marks()["domain"])
        self.assertEqual((len(marks), marks.session_date), (1, date(2025, 10, 1)))
