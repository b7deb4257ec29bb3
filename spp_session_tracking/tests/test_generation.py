# Part of the SPP attendance suite. LGPL-3.
"""Series of sessions: their days, what closes them, and how a running one goes on."""

from datetime import date, datetime, timedelta

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestGeneration(SessionTrackingCase):
    def days(self, first, last, frequency, weekdays=()):
        return self.roster._series_days(date.fromisoformat(first), date.fromisoformat(last), frequency, weekdays)

    def close(self, first, last, calendar=None, name="Holiday"):
        return self.env["resource.calendar.leaves"].create(
            {"name": name, "date_from": first, "date_to": last, "calendar_id": calendar and calendar.id}
        )

    def test_weekly_and_biweekly(self):
        tuesday_thursday = self.days("2025-10-01", "2025-10-16", "weekly", [1, 3])
        self.assertEqual([day.day for day in tuesday_thursday], [2, 7, 9, 14, 16])
        every_other = self.days("2025-10-01", "2025-10-31", "biweekly", [1, 3])
        self.assertEqual([day.day for day in every_other], [2, 14, 16, 28, 30])
        self.assertEqual([day.day for day in self.days("2025-10-01", "2025-10-31", "weekly")], [1, 8, 15, 22, 29])

    def test_monthly_and_quarterly(self):
        first_tuesdays = self.days("2025-10-01", "2025-12-31", "monthly", [1])
        self.assertEqual([str(day) for day in first_tuesdays], ["2025-10-07", "2025-11-04", "2025-12-02"])
        quarterly = self.days("2025-10-01", "2026-06-30", "quarterly", [1])
        self.assertEqual([str(day) for day in quarterly], ["2025-10-07", "2026-01-06", "2026-04-07"])

    def test_the_31st_is_the_last_day_of_shorter_months(self):
        days = self.days("2025-12-31", "2026-04-30", "monthly")
        self.assertEqual(
            [str(day) for day in days], ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]
        )
        self.assertEqual([day.day for day in self.days("2025-10-15", "2025-12-31", "monthly")], [15, 15, 15])

    def test_one_time_and_daily(self):
        self.assertEqual(self.days("2025-10-15", "2025-12-31", "one_time"), [date(2025, 10, 15)])
        self.assertEqual(len(self.days("2025-10-01", "2025-10-31", "daily")), 31)
        self.assertEqual(len(self.days("2025-10-01", "2025-10-31", "daily", range(5))), 23)

    def test_closed_days_are_left_out_in_the_zone_of_the_roster(self):
        # 2 October in Jakarta, which is UTC+7
        self.close("2025-10-01 17:00:00", "2025-10-02 16:59:59", name="Independence")
        sessions = self.roster.generate_sessions("2025-10-01", "2025-10-03", 6.0, 8.0)
        self.assertEqual(sorted(sessions.mapped("date")), [date(2025, 10, 1), date(2025, 10, 3)])
        plan = self.roster._plan_occurrences("2025-10-02", "2025-10-02", 6.0, 8.0)
        self.assertEqual(plan[0].closure, "Independence")

    def test_only_the_own_calendar_closes(self):
        other = self.env["resource.calendar"].create({"name": "Elsewhere"})
        leave = self.close("2025-10-01 17:00:00", "2025-10-02 16:59:59", other)
        self.assertFalse(self.roster._plan_occurrences("2025-10-02", "2025-10-02", 6.0, 8.0)[0].closure)
        self.roster.calendar_id = other
        self.assertEqual(self.roster._plan_occurrences("2025-10-02", "2025-10-02", 6.0, 8.0)[0].closure, leave.name)

    def test_moving_and_cancelling_keep_the_series(self):
        sessions = self.roster.generate_sessions("2025-10-01", "2025-10-03", 6.0, 8.0).sorted("date")
        sessions[0].write({"date": "2025-10-20", "start_time": 9.0, "end_time": 11.0})
        sessions[1].action_cancel()
        again = self.roster.generate_sessions("2025-10-01", "2025-10-04", 6.0, 8.0)
        self.assertEqual(again.date, date(2025, 10, 4))
        self.assertEqual(sessions[0].occurrence_datetime, datetime(2025, 9, 30, 23, 0))

    def test_a_second_session_on_the_day_is_another_series(self):
        self.roster.generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)
        evening = self.roster.generate_sessions("2025-10-01", "2025-10-01", 18.0, 20.0)
        self.assertEqual(evening.start_time, 18.0)

    def test_impossible_series(self):
        with self.assertRaisesRegex(UserError, "last day lies before"):
            self.roster.generate_sessions("2025-10-02", "2025-10-01", 6.0, 8.0)
        with self.assertRaisesRegex(UserError, "more than 2000 sessions"):
            self.roster.generate_sessions("2025-10-01", "2125-10-01", 6.0, 8.0)

    def test_the_plan_is_shown_before_it_is_made(self):
        self.close("2025-10-01 17:00:00", "2025-10-02 16:59:59")
        self.roster.generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)
        action = self.roster.with_user(self.manager).action_generate_sessions()
        wizard = self.env["spp.session.generate"].with_user(self.manager).with_context(**action["context"])
        form = Form(wizard)
        form.date_from, form.date_to, form.frequency = "2025-10-01", "2025-10-03", "daily"
        form.start_time, form.end_time = 6.0, 8.0
        self.assertEqual(form.new_count, 1)
        plan = form.save()
        self.assertEqual(plan.line_ids.mapped("outcome"), ["exists", "closed", "new"])
        self.assertEqual(len(self.roster.session_ids), 1, "nothing is created by looking at the plan")
        result = plan.action_generate()
        self.assertEqual(self.env["spp.session"].search(result["domain"]).date, date(2025, 10, 3))
        with self.assertRaisesRegex(UserError, "exist already"):
            plan.action_generate()

    def test_two_halves_are_the_whole(self):
        """A series that goes on from where it stopped is the one that would have been made at once."""
        first, last = date(2025, 1, 31), date(2026, 3, 10)
        for frequency in ("daily", "weekly", "biweekly", "monthly", "quarterly"):
            for weekdays in ((), (0,), (1, 3), (4, 5, 6)):
                whole = self.roster._series_days(first, last, frequency, weekdays)
                self.assertTrue(whole)
                for cut in range(0, (last - first).days, 17):
                    middle = first + timedelta(days=cut)
                    after = middle + timedelta(days=1)
                    halves = self.roster._series_days(first, middle, frequency, weekdays, first)
                    halves += self.roster._series_days(after, last, frequency, weekdays, first)
                    self.assertEqual(halves, whole, (frequency, weekdays, middle))
                    again = self.roster._series_days(first, middle, frequency, weekdays)
                    self.assertEqual(again, whole[: len(again)], "a longer series begins like the shorter one")

    def test_generating_in_two_halves_creates_the_whole(self):
        other = self.roster.copy({"name": "Second", "membership_ids": []})
        self.close("2025-10-14 00:00:00", "2025-10-14 23:59:59")
        series = {"frequency": "biweekly", "weekdays": (1, 3), "series_start": "2025-10-01"}
        self.roster.generate_sessions("2025-10-01", "2025-11-30", 6.0, 8.0, **series)
        other.generate_sessions("2025-10-01", "2025-10-20", 6.0, 8.0, **series)
        other.generate_sessions("2025-10-21", "2025-11-30", 6.0, 8.0, **series)
        moments = self.roster.session_ids.sorted("date").mapped("occurrence_datetime")
        self.assertEqual(other.session_ids.sorted("date").mapped("occurrence_datetime"), moments)
        self.assertEqual(len(moments), 8)

    def test_the_window_continues_a_running_series(self):
        self.roster.generate_sessions("2025-10-01", "2025-10-31", 6.0, 8.0, frequency="biweekly")
        wizard = self.env["spp.session.generate"].with_user(self.manager)
        form = Form(wizard.with_context(default_roster_ids=self.roster.ids))
        form.frequency, form.date_from, form.date_to = "biweekly", "2025-11-01", "2025-11-30"
        form.start_time, form.end_time = 6.0, 8.0
        self.assertEqual(form.series_start, date(2025, 10, 29))
        self.assertEqual(form.save().line_ids.mapped("day"), [date(2025, 11, 12), date(2025, 11, 26)])
        form.start_time = 15.0
        self.assertFalse(form.series_start, "at another time of the day a new series starts")
        form.start_time, form.end_time = 6.0, 8.0
        form.series_start = False
        self.assertEqual(
            form.save().line_ids.mapped("day"), [date(2025, 11, 1), date(2025, 11, 15), date(2025, 11, 29)]
        )

    def test_a_month_has_no_fifth_weekday_of_its_own(self):
        """Days are those of the calendar: the first weekday of each month, also of months with five of them."""
        thursdays = self.days("2025-10-30", "2026-02-01", "monthly", [3])
        self.assertEqual([str(day) for day in thursdays], ["2025-11-06", "2025-12-04", "2026-01-01"])
        self.assertEqual(
            [str(day) for day in self.days("2025-08-31", "2026-02-28", "quarterly")],
            ["2025-08-31", "2025-11-30", "2026-02-28"],
        )

    def test_holidays_of_whole_days_close_these_days_everywhere(self):
        calendar = self.env["resource.calendar"].create({"name": "Head office", "tz": "Europe/Berlin"})
        self.roster.calendar_id = calendar
        # 3 October in Berlin: in Jakarta it began 5 hours earlier and ended 5 hours earlier
        self.close("2025-10-02 22:00:00", "2025-10-03 21:59:59", calendar, "Unity")
        for start, end, closed in ((0.5, 2.0, True), (23.0, 23.5, True), (2.0, 4.0, True)):
            plan = self.roster._plan_occurrences("2025-10-02", "2025-10-04", start, end)
            self.assertEqual([bool(occurrence.closure) for occurrence in plan], [False, closed, False], start)
        night = self.roster._plan_occurrences("2025-10-02", "2025-10-03", 22.0, 2.0, ends_next_day=True)
        self.assertEqual([occurrence.closure for occurrence in night], ["Unity", "Unity"], "a night into a closed day")
        until_midnight = self.roster._plan_occurrences("2025-10-02", "2025-10-02", 22.0, 0.0, ends_next_day=True)
        self.assertFalse(until_midnight[0].closure)

    def test_hours_of_a_day_close_these_hours_only(self):
        # 06:00 to 09:00 in Jakarta
        self.close("2025-10-01 23:00:00", "2025-10-02 02:00:00")
        morning = self.roster._plan_occurrences("2025-10-02", "2025-10-02", 8.0, 10.0)
        afternoon = self.roster._plan_occurrences("2025-10-02", "2025-10-02", 9.0, 11.0)
        self.assertEqual((morning[0].closure, afternoon[0].closure), ("Holiday", ""))

    def test_a_closure_of_another_company_closes_nothing(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.close("2025-10-01 00:00:00", "2025-10-01 23:59:59").company_id = company
        self.assertFalse(self.roster._plan_occurrences("2025-10-01", "2025-10-01", 6.0, 8.0)[0].closure)

    def test_the_plan_says_when_who_and_why(self):
        self.close("2025-10-03 00:00:00", "2025-10-03 23:59:59", name="Independence Day")
        first, second = self.roster.generate_sessions("2025-10-01", "2025-10-02", 6.0, 8.0).sorted("date")
        first.action_cancel()
        second.write({"date": "2025-10-20", "start_time": 9.0, "end_time": 11.0})
        self.roster.membership_ids.write({"date_to": "2025-10-04"})
        form = Form(self.env["spp.session.generate"].with_context(default_roster_ids=self.roster.ids, lang="en_US"))
        form.frequency, form.date_from, form.date_to = "daily", "2025-10-01", "2025-10-05"
        form.start_time, form.end_time = 6.0, 8.0
        lines = form.save().line_ids
        self.assertEqual(lines.mapped("weekday"), ["Wednesday", "Thursday", "Friday", "Saturday", "Sunday"])
        self.assertEqual(set(lines.mapped("time_period")), {"06:00-08:00"})
        self.assertEqual(lines.mapped("outcome"), ["exists", "exists", "closed", "new", "new"])
        self.assertEqual(lines.mapped("people"), [4, 4, 4, 4, 0])
        self.assertEqual(lines[0].reason, "Cancelled")
        self.assertRegex(lines[1].reason, r"Moved to 10/20/25, 9:00.AM")
        self.assertEqual(lines[2].reason, "Independence Day")
        self.assertFalse(lines[3].reason)
        self.assertEqual(lines[4].reason, "Nobody is on the roster on this day")

    def test_the_plan_on_the_screen_follows_the_weekdays(self):
        wizard = self.env["spp.session.generate"].with_user(self.manager)
        arch = etree.fromstring(wizard.get_view(view_type="form")["arch"])
        # the browser asks for a new plan when one of the fields changes that are marked so
        asking = {node.get("name") for node in arch.iter("field") if node.get("on_change") == "1"}
        self.assertLessEqual({"mon", "tue", "wed", "thu", "fri", "sat", "sun"}, asking)
        values = {"roster_ids": self.roster.ids, "frequency": "weekly"}
        wizard = wizard.create(
            {**values, "date_from": "2025-10-01", "date_to": "2025-10-14", "end_time": 11.0, "fri": True, "tue": True}
        )
        self.assertEqual(wizard.line_ids.mapped("weekday"), ["Friday", "Tuesday", "Friday", "Tuesday"])

    def test_facilitators_do_not_generate(self):
        with self.assertRaises(AccessError):
            self.env["spp.session.generate"].with_user(self.facilitator).create({"roster_ids": self.roster.ids})
        with self.assertRaises(AccessError):
            self.roster.with_user(self.facilitator).generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)

    def test_planning_needs_a_fixed_number_of_queries(self):
        rosters = self.roster | self.roster.copy({"name": "Second", "membership_ids": []})
        counts = []
        for which, last in ((self.roster, "2025-10-07"), (rosters, "2025-12-31")):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            which._plan_occurrences("2025-10-01", last, 6.0, 8.0)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1], counts)
