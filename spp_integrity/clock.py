# Part of the SPP attendance suite. LGPL-3.
"""One clock: wall time to UTC and back, the local day of a moment, a company's today, the database's now.

Moments are naive UTC datetimes as Odoo stores them. A wall time that occurs twice, because the clocks go back, is the
first of the two; one that the clocks skip is read with the offset before the change.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def zone_of(name):
    """The time zone of that name, UTC without a name.

    :param name: name of a zone such as ``Asia/Jakarta``, or empty
    :rtype: zoneinfo.ZoneInfo
    :raise zoneinfo.ZoneInfoNotFoundError: there is no such zone
    """
    return ZoneInfo(name or "UTC")


def wall_to_utc(wall, zone):
    """The moment at which a clock on the wall shows that time.

    :param wall: naive local datetime
    :param zone: name of the zone, or empty for UTC
    :return: naive UTC datetime
    """
    return wall.replace(tzinfo=zone_of(zone), fold=0).astimezone(UTC).replace(tzinfo=None)


def hours_to_utc(day, hours, zone):
    """The moment, to the second, of a time of the day given in hours.

    :param day: local date
    :param hours: hours on the wall since midnight (float); from 24 on it is the next day
    :param zone: name of the zone, or empty for UTC
    :return: naive UTC datetime
    """
    return wall_to_utc(datetime.combine(day, time.min) + timedelta(seconds=round((hours or 0.0) * 3600)), zone)


def utc_to_wall(moment, zone):
    """What a clock on the wall shows at that moment.

    :param moment: UTC datetime, naive or aware
    :param zone: name of the zone, or empty for UTC
    :return: aware local datetime
    """
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone_of(zone))


def local_day(moment, zone):
    """The day that a moment has in a zone.

    :param moment: UTC datetime, naive or aware
    :param zone: name of the zone, or empty for UTC
    :rtype: datetime.date
    """
    return utc_to_wall(moment, zone).date()


def company_zone(company):
    """Name of the time zone in which the days of a company begin and end; UTC when it has none.

    :param company: res.company, one or none
    """
    return company.sudo().partner_id.tz or "UTC"  # sudo: the zone of a company is no secret


def company_today(company):
    """Today where the company is.

    :param company: res.company, one or none
    :rtype: datetime.date
    """
    return local_day(database_now(company.env), company_zone(company))


def database_now(env):
    """Now by the clock that all servers share, that of PostgreSQL: the start of the transaction, to the second.

    Deadlines, locks, validity and stamps are all read and written by it, so that two servers of which one goes wrong
    cannot disagree. The clock of the process is for proposals in forms only.

    :param env: environment
    :return: naive UTC datetime
    """
    return _transaction_start(env).replace(microsecond=0)


def _transaction_start(env):
    """The one place that asks; tests that freeze the clock replace it."""
    return env.cr.now()
