# Part of the SPP attendance suite. LGPL-3.
"""When a session takes place: the clock on its wall, and the moments that follow."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.spp_integrity import hours_to_utc, utc_to_wall

#: Other years are slips of the pen; times in them cannot be reckoned with.
PLAUSIBLE_YEARS = range(1900, 3000)


class Session(models.Model):
    """When a session takes place.

    Date, start and end are what the clock on the wall says in the zone of the session; the two moments (UTC) follow from
    them. `duration_hours` is the difference of the wall clock: a night of 22:00 to 06:00 lasts 8 hours, also when the
    clocks change in it. What needs elapsed time takes the two moments.
    """

    _inherit = "spp.session"

    date = fields.Date(required=True, default=fields.Date.context_today, index=True, tracking=True)
    start_time = fields.Float(help="Hours of the local day: 8.5 is 08:30.")
    end_time = fields.Float(help="Hours of the local day: 8.5 is 08:30. 0: start and the duration of the session type.")
    ends_next_day = fields.Boolean("Ends on the Next Day", help="The session goes on over midnight.")
    tz = fields.Selection(
        _tz_get,
        "Time Zone",
        required=True,
        compute="_compute_tz",
        store=True,
        readonly=False,
        precompute=True,
        help="The zone in which date, start and end are meant.",
    )
    duration_hours = fields.Float(
        "Duration (Hours)", compute="_compute_start_end", store=True, precompute=True, help="By the clock on the wall."
    )
    start_datetime = fields.Datetime("Starts At", compute="_compute_start_end", store=True, precompute=True)
    end_datetime = fields.Datetime("Ends At", compute="_compute_start_end", store=True, precompute=True)
    time_period = fields.Char("Time", compute="_compute_time_period", help="In the time zone of the session.")

    @api.depends("roster_id.tz", "company_id")
    def _compute_tz(self):
        for session in self:
            session.tz = (
                session.roster_id.tz or session.tz or session.company_id.partner_id.tz or self.env.user.tz or "UTC"
            )

    # the duration of the type is a default: changing it later moves no session that took place
    @api.depends("date", "start_time", "end_time", "ends_next_day", "tz", "session_type_id")
    def _compute_start_end(self):
        for session in self:
            session.duration_hours = self._wall_hours(
                session.start_time, session.end_time, session.ends_next_day, session.session_type_id.duration_hours
            )
            session.start_datetime, session.end_datetime = self._moments(
                session.date,
                session.start_time,
                session.end_time,
                session.ends_next_day,
                session.tz,
                session.session_type_id.duration_hours,
            )

    @api.depends("start_datetime", "end_datetime", "date", "tz")
    def _compute_time_period(self):
        for session in self:
            session.time_period = (
                self._period_text(session.start_datetime, session.end_datetime, session.tz)
                if session.start_datetime and session.end_datetime
                else False
            )

    @api.constrains("start_time", "end_time", "ends_next_day")
    def _check_time_range(self):
        for session in self:
            start, end = session.start_time, session.end_time
            if not 0 <= start < 24 or not 0 <= end <= 24:
                raise ValidationError(
                    self.env._(
                        'The times of the session "%s" must lie between 00:00 and 24:00: correct the start or the end '
                        "time.",
                        session.name,
                    )
                )
            if end and end < start and not session.ends_next_day:
                raise ValidationError(
                    self.env._(
                        'The session "%s" ends before it starts: correct the start or the end time, or say that it '
                        "ends on the next day.",
                        session.name,
                    )
                )
            if session.ends_next_day and end > start:
                raise ValidationError(
                    self.env._(
                        'The session "%s" would last more than 24 hours: it does not end on the next day, or its times '
                        "are wrong.",
                        session.name,
                    )
                )

    @api.constrains("date")
    def _check_date(self):
        for session in self:
            if session.date.year not in PLAUSIBLE_YEARS:
                raise ValidationError(
                    self.env._(
                        'The session "%(session)s" is on %(date)s: check the year.',
                        session=session.name,
                        date=session.date.isoformat(),
                    )
                )

    @api.model
    def _has_end(self, end_time, ends_next_day):
        """An end of 00:00 on the same day means that the end is not known."""
        return bool(end_time or ends_next_day)

    @api.model
    def _wall_hours(self, start_time, end_time, ends_next_day, usual_hours):
        """Hours between start and end by the clock on the wall; `usual_hours` when the end is not known."""
        if not self._has_end(end_time, ends_next_day):
            return usual_hours or 0.0
        return max(end_time - start_time + (24.0 if ends_next_day else 0.0), 0.0)

    @api.model
    def _moments(self, day, start_time, end_time, ends_next_day, tz, usual_hours):
        """Start and end (UTC, as Odoo stores them) of a session; the end is never before the start.

        :param day: local ``datetime.date`` of the start; nothing comes from nothing
        :param start_time: hours of the local day
        :param end_time: hours of the local day; 0 (unless on the next day): `usual_hours` after the start
        """
        if not day or day.year not in PLAUSIBLE_YEARS:
            return False, False
        start = self._local_to_utc(day, start_time, tz)
        if not self._has_end(end_time, ends_next_day):
            return start, start + timedelta(hours=usual_hours or 0.0)
        end = self._local_to_utc(day + timedelta(days=1) if ends_next_day else day, end_time, tz)
        # a start in the hour that the clocks skip lies after an end right behind it
        return start, max(start, end)

    @api.model
    def _local_to_utc(self, day, hours, tz):
        """The UTC moment (naive, as Odoo stores it) of local `day` and `hours` in zone `tz`, to the second.

        Of a wall time that occurs twice the first one is meant.
        """
        if not day:
            return False
        return hours_to_utc(day, hours, tz)

    @api.model
    def _utc_to_local(self, moment, tz):
        """The local wall time (aware) of a UTC moment as Odoo stores it."""
        return utc_to_wall(moment, tz)

    def _occurrence_day(self):
        """The local day for which the series planned this session; False for no session."""
        return self.occurrence_datetime and self._utc_to_local(self.occurrence_datetime, self.tz).date()

    @api.model
    def _period_text(self, start, end, tz):
        """Two UTC moments as "17:00-19:00" of the wall clock in `tz`; "22:00-06:00 +1" ends on the next day."""
        first, last = self._utc_to_local(start, tz), self._utc_to_local(end, tz)
        days = (last.date() - first.date()).days
        return f"{first:%H:%M}-{last:%H:%M}" + (f" +{days}" if days else "")

    def _local_time_text(self, moment):
        """A UTC moment as wall-clock text of the session, with the day when that is another one."""
        self.ensure_one()
        local = self._utc_to_local(moment, self.tz)
        return f"{local:%H:%M:%S}" if local.date() == self.date else f"{local:%Y-%m-%d %H:%M:%S}"
