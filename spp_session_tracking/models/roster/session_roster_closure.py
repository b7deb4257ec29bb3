# Part of the SPP attendance suite. LGPL-3.
from datetime import datetime, time, timedelta
from typing import NamedTuple

from odoo import api, models

_LAST_MINUTE = time(23, 59)


class Closure(NamedTuple):
    """A holiday or closure: from `start` to `end` (UTC), or on whole days, which begin and end where one is."""

    calendar_id: int
    company_id: int
    reason: str
    start: datetime
    end: datetime
    first_day: object
    last_day: object

    def closes(self, start, end, to_utc, tz):
        """Does it meet the time from `start` to `end` (UTC) at a place in zone `tz`?"""
        if self.first_day:
            return to_utc(self.first_day, 0.0, tz) < end and start < to_utc(self.last_day + timedelta(days=1), 0.0, tz)
        return self.start < end and start < self.end


class SessionRoster(models.Model):
    _inherit = "spp.session.roster"

    @api.model
    def _closures(self, first, last, calendars, companies):
        """Holidays and closures from `first` to `last` (dates) of these calendars and of whole companies.

        :return: list of `Closure`
        """
        # those who plan need not be allowed to read working hours
        leaves_sudo = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search_fetch(
                [
                    ("resource_id", "=", False),
                    ("calendar_id", "in", [False, *calendars.ids]),
                    ("company_id", "in", [False, *companies.ids]),
                    ("date_from", "<", datetime.combine(last + timedelta(days=3), time.min)),
                    ("date_to", ">", datetime.combine(first - timedelta(days=2), time.min)),
                ],
                ["calendar_id", "company_id", "date_from", "date_to", "name"],
            )
        )
        return [
            Closure(
                leave.calendar_id.id,
                leave.company_id.id,
                leave.name or self.env._("Closed"),
                leave.date_from,
                leave.date_to,
                *self._whole_days(leave),
            )
            for leave in leaves_sudo
        ]

    @api.model
    def _closing(self, closures, calendar, company, start, end, tz):
        """Why a place in zone `tz` is closed at some time from `start` to `end` (UTC); empty text: it is open."""
        to_utc = self.env["spp.session"]._local_to_utc
        return next(
            (
                closure.reason
                for closure in closures
                if closure.calendar_id in (False, calendar.id)
                and closure.company_id in (False, company.id)
                and closure.closes(start, end, to_utc, tz)
            ),
            "",
        )

    @api.model
    def _whole_days(self, leave_sudo):
        """First and last day of a closure that is meant as whole days; (None, None) for hours of a day.

        Odoo keeps moments. A holiday is one of whole days when it goes from midnight to midnight in the zone of its
        calendar, of its company or of the person who wrote it down; then it closes these days wherever a roster is.
        """
        company = leave_sudo.company_id
        zones = (
            leave_sudo.calendar_id.tz,
            company.resource_calendar_id.tz,
            company.partner_id.tz,
            leave_sudo.create_uid.tz,
            "UTC",
        )
        for tz in dict.fromkeys(filter(None, zones)):
            first = self.env["spp.session"]._utc_to_local(leave_sudo.date_from, tz)
            last = self.env["spp.session"]._utc_to_local(leave_sudo.date_to, tz)
            ends_at_midnight = last.time() == time.min and last.date() > first.date()
            if first.time() == time.min and (ends_at_midnight or last.time() >= _LAST_MINUTE):
                return first.date(), last.date() - timedelta(days=ends_at_midnight)
        return None, None
