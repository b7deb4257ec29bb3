# Part of the SPP attendance suite. LGPL-3.
"""Wall time, moments and days, also where clocks go forward or back."""

from datetime import UTC, date, datetime
from unittest.mock import patch
from zoneinfo import ZoneInfoNotFoundError

from freezegun import freeze_time

from odoo.tests import TransactionCase, tagged

from odoo.addons.spp_integrity import clock

from .common import ask_the_database


@tagged("post_install", "-at_install")
class TestClock(TransactionCase):
    def test_wall_time_of_any_day(self):
        self.assertEqual(clock.wall_to_utc(datetime(2025, 3, 1, 8), "Asia/Jakarta"), datetime(2025, 3, 1, 1))
        self.assertEqual(clock.wall_to_utc(datetime(2025, 3, 1, 8), False), datetime(2025, 3, 1, 8))

    def test_wall_time_that_occurs_twice_is_the_first(self):
        wall = datetime(2025, 10, 26, 2, 30)
        self.assertEqual(clock.wall_to_utc(wall, "Europe/Brussels"), datetime(2025, 10, 26, 0, 30))
        self.assertEqual(clock.wall_to_utc(wall.replace(fold=1), "Europe/Brussels"), datetime(2025, 10, 26, 0, 30))

    def test_wall_time_that_clocks_skip_has_the_offset_before(self):
        self.assertEqual(
            clock.wall_to_utc(datetime(2025, 3, 30, 2, 30), "Europe/Brussels"), datetime(2025, 3, 30, 1, 30)
        )

    def test_hours_of_a_day(self):
        day = date(2025, 3, 1)
        self.assertEqual(clock.hours_to_utc(day, 8.5, "Asia/Jakarta"), datetime(2025, 3, 1, 1, 30))
        self.assertEqual(clock.hours_to_utc(day, 24.0, "Asia/Jakarta"), datetime(2025, 3, 1, 17))
        self.assertEqual(clock.hours_to_utc(day, None, "UTC"), datetime(2025, 3, 1))

    def test_back_on_the_wall(self):
        moment = datetime(2025, 12, 31, 23, 50)
        self.assertEqual(clock.utc_to_wall(moment, "Asia/Jakarta").isoformat(), "2026-01-01T06:50:00+07:00")
        self.assertEqual(clock.local_day(moment, "Asia/Jakarta"), date(2026, 1, 1))
        self.assertEqual(clock.local_day(moment.replace(tzinfo=UTC), "America/Bogota"), date(2025, 12, 31))

    def test_unknown_zone(self):
        with self.assertRaises(ZoneInfoNotFoundError):
            clock.zone_of("Atlantis/Capital")

    def test_day_of_a_company(self):
        company = self.env["res.company"].create({"name": "Far East"})
        with freeze_time("2024-02-29 20:00:00"):
            self.assertEqual(clock.company_today(company), date(2024, 2, 29))
            company.partner_id.tz = "Asia/Jakarta"
            self.assertEqual(clock.company_today(company), date(2024, 3, 1))
            self.assertEqual(clock.company_today(company.browse()), date(2024, 2, 29))

    def test_now_of_the_database_has_whole_seconds(self):
        with freeze_time("2001-01-01"), patch.object(clock, "_transaction_start", ask_the_database):
            now = clock.database_now(self.env)
        self.assertEqual((now.microsecond, now.tzinfo), (0, None))
        self.assertEqual(now, self.env.cr.now().replace(microsecond=0))
        self.assertGreater(now.year, 2001)
