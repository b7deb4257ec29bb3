# Part of the SPP attendance suite. LGPL-3.
"""Series of sessions of a roster, and the closed days that they leave out."""

from datetime import datetime, time, timedelta
from typing import NamedTuple

from dateutil import rrule

from odoo import api, fields, models
from odoo.exceptions import UserError

# more would be a slip of the year; the plan is shown before anything is created
MAX_OCCURRENCES = 2000
_LAST_MINUTE = time(23, 59)
_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_MONTHS = {"monthly": 1, "quarterly": 3}
_WEEKS = {"weekly": 1, "biweekly": 2}


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


class Occurrence(NamedTuple):
    """One session that a series asks for: its local day, start and end (UTC).

    `closure` is why there is none; `session` the one that there is already, wherever it was moved to; `people` how many
    are on the roster on that day.
    """

    roster: models.Model
    day: object
    start: datetime
    end: datetime
    closure: str
    session: models.Model
    people: int


class SessionRoster(models.Model):
    _inherit = "spp.session.roster"

    def action_generate_sessions(self):
        """Open the window that plans sessions of these rosters.

        :return: window action (dict).
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_generate")
        return {**action, "context": {"default_roster_ids": self.ids}}

    def generate_sessions(
        self,
        date_from,
        date_to,
        start_time,
        end_time,
        checkin_from=None,
        checkin_until=None,
        frequency="daily",
        weekdays=(),
        ends_next_day=False,
        series_start=None,
    ):
        """Create the sessions of a series. Closed days are left out; doing it again adds only what is missing.

        A session that was moved or cancelled keeps its place in the series and is not planned again.

        :param date_from: first day (date or ISO text)
        :param date_to: last day, included
        :param start_time: hours of the local day, 8.5 is 08:30
        :param end_time: hours of the local day
        :param checkin_from: first local hour of check-in; above `start_time` it is on the day before.
            Empty: from the policy.
        :param checkin_until: last local hour of check-in, included; below `start_time` it is on the day after.
            Empty: from the policy.
        :param frequency: "daily", or one of a session type's frequencies
        :param weekdays: numbers of the weekdays, 0 is Monday. Monthly and quarterly series take the first of them in
            the month; empty: the weekday (weekly) or the day of the month (monthly) of `series_start`
        :param ends_next_day: True when `end_time` is on the day after
        :param series_start: first day of the series when that lies before `date_from`: every other week and every
            third month are counted from it. Empty: `date_from`
        :return: the sessions created
        :raise UserError: when the dates make no series
        """
        plan = self._plan_occurrences(
            date_from, date_to, start_time, end_time, frequency, weekdays, ends_next_day, series_start
        )
        return self._create_occurrences(plan, start_time, end_time, checkin_from, checkin_until, ends_next_day)

    def _plan_occurrences(
        self,
        date_from,
        date_to,
        start_time,
        end_time,
        frequency="daily",
        weekdays=(),
        ends_next_day=False,
        series_start=None,
    ):
        """What a series asks for, in the order of the days; nothing is written. A fixed number of queries.

        Parameters are those of `generate_sessions`.

        :return: list of `Occurrence`
        """
        first, last = fields.Date.to_date(date_from), fields.Date.to_date(date_to)
        if not first or not last or last < first:
            raise UserError(self.env._("The last day lies before the first one: check the two dates."))
        if frequency not in ("daily", "one_time", *_WEEKS, *_MONTHS) or not set(weekdays).issubset(range(7)):
            raise UserError(
                self.env._("There is no such series: choose a frequency, and weekdays from 0 (Monday) to 6 (Sunday).")
            )
        days = self._series_days(first, last, frequency, weekdays, fields.Date.to_date(series_start))
        if len(days) * len(self) > MAX_OCCURRENCES:
            raise UserError(
                self.env._(
                    "This would make more than %s sessions: choose a shorter time or fewer rosters.", MAX_OCCURRENCES
                )
            )
        existing = self._planned_sessions(first, last)
        closures = self._closures(first, last, self.calendar_id, self.company_id)
        members = self._members_by_day(days)
        plan = []
        for day in days:
            for roster in self:
                start, end = self.env["spp.session"]._moments(
                    day, start_time, end_time, ends_next_day, roster.tz, roster.session_type_id.duration_hours
                )
                closure = self._closing(
                    closures,
                    roster.calendar_id,
                    roster.company_id,
                    start,
                    max(end, start + timedelta(seconds=1)),
                    roster.tz,
                )
                session = existing.get((roster.id, start), self.env["spp.session"])
                plan.append(Occurrence(roster, day, start, end, closure, session, len(members[roster.id, day])))
        return plan

    def _series_days(self, first, last, frequency, weekdays, series_start=None):
        """The days from `first` to `last` of a series that began on `series_start`, by the rules of RFC 5545."""
        begin = min(series_start or first, first)
        if frequency == "one_time":
            return [first]
        if frequency == "daily":
            rule = {"freq": rrule.DAILY, "byweekday": [_WEEKDAYS[number] for number in weekdays] or None}
        elif frequency in _WEEKS:
            rule = {
                "freq": rrule.WEEKLY,
                "interval": _WEEKS[frequency],
                "byweekday": [_WEEKDAYS[number] for number in weekdays] or None,
            }
        elif weekdays:
            rule = {
                "freq": rrule.MONTHLY,
                "interval": _MONTHS[frequency],
                "byweekday": [_WEEKDAYS[number] for number in weekdays],
                "bysetpos": 1,
            }
        else:
            # the 31st becomes the last day of shorter months
            rule = {
                "freq": rrule.MONTHLY,
                "interval": _MONTHS[frequency],
                "bymonthday": range(28, begin.day + 1) if begin.day > 28 else begin.day,
                "bysetpos": -1,
            }
        start, until = datetime.combine(begin, time.min), datetime.combine(last, time.min)
        days = (moment.date() for moment in rrule.rrule(dtstart=start, until=until, **rule))
        return [day for day in days if day >= first]

    def _planned_sessions(self, first, last):
        """The sessions that are in the series already, wherever they were moved to.

        :return: dict (roster id, planned start) -> session
        """
        sessions = self.env["spp.session"].search_fetch(
            [
                ("roster_id", "in", self.ids),
                ("occurrence_datetime", ">=", datetime.combine(first - timedelta(days=1), time.min)),
                ("occurrence_datetime", "<", datetime.combine(last + timedelta(days=2), time.min)),
            ],
            ["roster_id", "occurrence_datetime", "start_datetime", "state", "tz"],
        )
        return {(session.roster_id.id, session.occurrence_datetime): session for session in sessions}

    def _create_occurrences(
        self, plan, start_time, end_time, checkin_from=None, checkin_until=None, ends_next_day=False
    ):
        vals_list = []
        for occurrence in plan:
            if occurrence.closure or occurrence.session:
                continue
            roster, day = occurrence.roster, occurrence.day
            vals = roster._prepare_session_values(day, start_time, end_time)
            vals |= {"ends_next_day": ends_next_day, "occurrence_datetime": occurrence.start}
            to_utc = self.env["spp.session"]._local_to_utc
            if checkin_from is not None:
                checkin_day = day - timedelta(days=1) if checkin_from > start_time else day
                vals["checkin_from"] = to_utc(checkin_day, checkin_from, roster.tz)
            if checkin_until is not None:
                checkin_day = day + timedelta(days=1) if checkin_until < start_time else day
                vals["checkin_until"] = to_utc(checkin_day, checkin_until, roster.tz)
            vals_list.append(vals)
        return self.env["spp.session"].create(vals_list)

    # --- holidays and closures

    @api.model
    def _closures(self, first, last, calendars, companies):
        """Holidays and closures from `first` to `last` (dates) of these calendars and of whole companies.

        :return: list of `Closure`
        """
        # sudo: those who plan need not be allowed to read working hours
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
