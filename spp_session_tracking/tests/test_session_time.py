# Part of the SPP attendance suite. LGPL-3.
"""Sessions over midnight, over a change of the clocks, and without a known end."""

from datetime import date, datetime

from freezegun import freeze_time

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestSessionTime(SessionTrackingCase):
    def make(self, day, start, end, tz="Europe/Berlin", **vals):
        return self.env["spp.session"].create(
            {
                "name": "Night",
                "session_type_id": self.session_type.id,
                "date": day,
                "start_time": start,
                "end_time": end,
                "tz": tz,
                **vals,
            }
        )

    def test_over_midnight(self):
        session = self.make("2025-06-10", 22.0, 6.0, ends_next_day=True)
        self.assertEqual(session.start_datetime, datetime(2025, 6, 10, 20, 0))
        self.assertEqual(session.end_datetime, datetime(2025, 6, 11, 4, 0))
        self.assertEqual(session.duration_hours, 8.0)
        self.assertEqual(session.time_period, "22:00-06:00 +1")

    def test_until_midnight(self):
        for vals in ({"end": 0.0, "ends_next_day": True}, {"end": 24.0}):
            session = self.make("2025-06-10", 22.0, **vals)
            self.assertEqual(session.end_datetime, datetime(2025, 6, 10, 22, 0))
            self.assertEqual(session.duration_hours, 2.0)

    def test_a_night_in_which_the_clocks_change(self):
        """By the clock on the wall both nights last 8 hours; the moments tell that 7 and 9 hours went by."""
        for day, elapsed in (("2025-03-29", 7), ("2025-10-25", 9)):
            session = self.make(day, 22.0, 6.0, ends_next_day=True)
            self.assertEqual(session.duration_hours, 8.0)
            self.assertEqual((session.end_datetime - session.start_datetime).total_seconds() / 3600, elapsed)

    def test_unknown_end_is_the_duration_of_the_type(self):
        self.session_type.duration_hours = 1.5
        session = self.make("2025-06-10", 22.75, 0.0)
        self.assertEqual(session.duration_hours, 1.5)
        self.assertEqual(session.start_datetime, datetime(2025, 6, 10, 20, 45))
        self.assertEqual(session.end_datetime, datetime(2025, 6, 10, 22, 15))
        self.assertEqual(session.time_period, "22:45-00:15 +1")
        self.session_type.duration_hours = 4.0
        self.assertEqual(session.duration_hours, 1.5, "what took place is not moved by a new default")

    def test_the_end_is_never_before_the_start(self):
        # 02:30 does not exist on this day: the clock jumps from 02:00 to 03:00
        session = self.make("2025-03-30", 2.5, 3.0)
        self.assertEqual(session.start_datetime, datetime(2025, 3, 30, 1, 30))
        self.assertEqual(session.end_datetime, session.start_datetime)
        for start in range(0, 24):
            for tz in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"):
                for day in ("2025-03-30", "2025-10-26", "2025-03-09", "2025-11-02", "2025-10-05", "2025-04-06"):
                    begin, end = self.session_type.env["spp.session"]._moments(
                        date.fromisoformat(day), start + 0.5, start + 0.75, False, tz, 2.0
                    )
                    self.assertLessEqual(begin, end, (day, start, tz))

    def test_end_before_start(self):
        with self.assertRaisesRegex(ValidationError, "ends before it starts"):
            self.make("2025-06-10", 9.0, 8.0)
        session = self.make("2025-06-10", 9.0, 10.0)
        with self.assertRaisesRegex(ValidationError, "ends before it starts"):
            session.end_time = 8.0

    def test_more_than_a_day(self):
        with self.assertRaisesRegex(ValidationError, "more than 24 hours"):
            self.make("2025-06-10", 9.0, 11.0, ends_next_day=True)
        self.assertEqual(self.make("2025-06-10", 9.0, 9.0, ends_next_day=True).duration_hours, 24.0)

    def test_times_of_no_day(self):
        for start, end in ((-1.0, 2.0), (24.0, 24.0), (9.0, 25.0)):
            with self.assertRaisesRegex(ValidationError, "between 00:00 and 24:00"):
                self.make("2025-06-10", start, end)

    def test_form_over_midnight(self):
        form = Form(self.env["spp.session"])
        form.name, form.session_type_id, form.date = "Night", self.session_type, "2025-06-10"
        form.start_time, form.end_time, form.ends_next_day = 22.0, 6.0, True
        self.assertEqual(form.duration_hours, 8.0)
        self.assertEqual(form.save().time_period, "22:00-06:00 +1")

    def test_a_running_night_is_in_my_day(self):
        session = self.make("2025-06-10", 22.0, 6.0, ends_next_day=True, facilitator_id=self.facilitator.id)
        mine = self.env["spp.session"].with_user(self.facilitator)
        for moment, day in (
            ("2025-06-10 21:00:00", [(session.id, True)]),
            ("2025-06-11 02:00:00", [(session.id, True)]),
            ("2025-06-11 12:00:00", []),
        ):
            with self.subTest(moment), freeze_time(moment):
                today = [row for row in mine.load_my_day() if not row["day"]]
                self.assertEqual([(row["id"], row["is_running"]) for row in today], day)
        with freeze_time("2025-06-11 02:00:00"):
            self.assertEqual(mine.load_my_day()[0]["period"], "22:00-06:00 +1")
        with freeze_time("2025-06-11 12:00:00"):
            (missing,) = mine.load_my_day()
            self.assertEqual((missing["id"], missing["day"]), (session.id, "Tue 10 Jun"), "nobody took its register")

    def test_generating_nights(self):
        nights = self.roster.generate_sessions("2025-10-01", "2025-10-02", 22.0, 2.0, ends_next_day=True)
        self.assertEqual(nights.mapped("duration_hours"), [4.0, 4.0])
        self.assertEqual(set(nights.mapped("time_period")), {"22:00-02:00 +1"})
        self.assertFalse(
            self.roster.generate_sessions("2025-10-01", "2025-10-02", 22.0, 2.0, ends_next_day=True),
            "generating again plans nothing twice",
        )

    def test_wizard_sees_that_the_end_is_on_the_next_day(self):
        self.session_type.duration_hours = 4.0
        form = Form(self.env["spp.session.generate"].with_context(default_roster_ids=self.roster.ids))
        form.date_from = form.date_to = "2025-10-01"
        form.frequency, form.start_time = "daily", 22.0
        self.assertEqual((form.end_time, form.ends_next_day), (2.0, True))
        wizard = form.save()
        self.assertEqual(wizard.line_ids.time_period, "22:00-02:00 +1")
        wizard.action_generate()
        self.assertEqual(self.roster.session_ids.end_datetime, datetime(2025, 10, 1, 19, 0))
