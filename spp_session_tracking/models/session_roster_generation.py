# Part of the SPP attendance suite. LGPL-3.
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from dateutil import rrule

from odoo import fields, models
from odoo.exceptions import UserError

# more would be a slip of the year; the plan is shown before anything is created
MAX_OCCURRENCES = 2000
_WEEKDAYS = (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)
_MONTHS = {"monthly": 1, "quarterly": 3}
_WEEKS = {"weekly": 1, "biweekly": 2}


class Occurrence(NamedTuple):
    """One session that a series asks for. `closure` is why there is none; `exists` that there is one already."""

    roster: models.Model
    day: object
    start: datetime
    closure: str
    exists: bool


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
            the month; empty: the weekday (weekly) or the day of the month (monthly) of `date_from`
        :return: the sessions created
        :raise UserError: when the dates make no series
        """
        plan = self._plan_occurrences(date_from, date_to, start_time, end_time, frequency, weekdays)
        return self._create_occurrences(plan, start_time, end_time, checkin_from, checkin_until)

    def _plan_occurrences(self, date_from, date_to, start_time, end_time, frequency="daily", weekdays=()):
        """What a series asks for, in the order of the days; nothing is written. A fixed number of queries.

        :return: list of `Occurrence`
        """
        first, last = fields.Date.to_date(date_from), fields.Date.to_date(date_to)
        if not first or not last or last < first:
            raise UserError(self.env._("The last day lies before the first one: check the two dates."))
        days = self._series_days(first, last, frequency, weekdays)
        if len(days) * len(self) > MAX_OCCURRENCES:
            raise UserError(
                self.env._(
                    "This would make more than %s sessions: choose a shorter time or fewer rosters.", MAX_OCCURRENCES
                )
            )
        to_utc = self.env["spp.session"]._local_to_utc
        existing = self._planned_moments(first, last)
        closures = self._closures(first, last)
        plan = []
        for day in days:
            for roster in self:
                start = to_utc(day, start_time, roster.tz)
                end = max(to_utc(day, end_time, roster.tz), start + timedelta(seconds=1))
                closure = next(
                    (
                        reason
                        for calendar_id, closed_from, closed_to, reason in closures
                        if calendar_id in (False, roster.calendar_id.id) and closed_from < end and start < closed_to
                    ),
                    "",
                )
                plan.append(Occurrence(roster, day, start, closure, (roster.id, start) in existing))
        return plan

    def _series_days(self, first, last, frequency, weekdays):
        """The days of a series from `first` to `last`, by the recurrence rules of RFC 5545."""
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
                "bymonthday": range(28, first.day + 1) if first.day > 28 else first.day,
                "bysetpos": -1,
            }
        start, until = datetime.combine(first, time.min), datetime.combine(last, time.min)
        return [moment.date() for moment in rrule.rrule(dtstart=start, until=until, **rule)]

    def _planned_moments(self, first, last):
        """(roster id, planned start) of all sessions that are in the series already, wherever they were moved to."""
        sessions = self.env["spp.session"].search_fetch(
            [
                ("roster_id", "in", self.ids),
                ("occurrence_datetime", ">=", datetime.combine(first - timedelta(days=1), time.min)),
                ("occurrence_datetime", "<", datetime.combine(last + timedelta(days=2), time.min)),
            ],
            ["roster_id", "occurrence_datetime"],
        )
        return {(session.roster_id.id, session.occurrence_datetime) for session in sessions}

    def _closures(self, first, last):
        """Holidays and closures of the rosters' calendars: list of (calendar id or False, from, to, reason)."""
        # facilitators' managers need not be allowed to read working hours
        leaves_sudo = (
            self.env["resource.calendar.leaves"]
            .sudo()
            .search_fetch(
                [
                    ("resource_id", "=", False),
                    ("calendar_id", "in", [False, *self.calendar_id.ids]),
                    ("company_id", "in", [False, *self.company_id.ids]),
                    ("date_from", "<", datetime.combine(last + timedelta(days=2), time.min, UTC).replace(tzinfo=None)),
                    ("date_to", ">", datetime.combine(first - timedelta(days=1), time.min, UTC).replace(tzinfo=None)),
                ],
                ["calendar_id", "date_from", "date_to", "name"],
            )
        )
        return [
            (leave.calendar_id.id, leave.date_from, leave.date_to, leave.name or self.env._("Closed"))
            for leave in leaves_sudo
        ]

    def _create_occurrences(self, plan, start_time, end_time, checkin_from=None, checkin_until=None):
        vals_list = []
        for occurrence in plan:
            if occurrence.closure or occurrence.exists:
                continue
            roster, day = occurrence.roster, occurrence.day
            vals = roster._prepare_session_values(day, start_time, end_time)
            vals["occurrence_datetime"] = occurrence.start
            to_utc = self.env["spp.session"]._local_to_utc
            if checkin_from is not None:
                checkin_day = day - timedelta(days=1) if checkin_from > start_time else day
                vals["checkin_from"] = to_utc(checkin_day, checkin_from, roster.tz)
            if checkin_until is not None:
                checkin_day = day + timedelta(days=1) if checkin_until < start_time else day
                vals["checkin_until"] = to_utc(checkin_day, checkin_until, roster.tz)
            vals_list.append(vals)
        return self.env["spp.session"].create(vals_list)
