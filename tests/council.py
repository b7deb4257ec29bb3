# Part of the SPP attendance suite. LGPL-3.
"""Files for Odoo's import screen, made from the published attendance of council and committee sessions.

Only the form changes: what is wrong in the published rows is wrong in the files.
"""

import csv
import io
import re
from collections import namedtuple
from fractions import Fraction
from pathlib import Path

PUBLISHED = Path(__file__).parent / "data" / "council-attendance" / "council_attendance_2018-12_2021-06.csv"
SESSION_TYPE = "Council Session"
TIME_ZONE = "America/Toronto"

_SESSION_KEY = ("Committee", "MTGNum", "SessionDate", "SessionType", "SessionStart_EndTime")
_CLOCK = re.compile(r"(\d\d):(\d\d)(AM|PM)")

#: header: first row; fields: what the columns are for Odoo; rows: lists of texts.
ImportFile = namedtuple("ImportFile", "header fields rows")


def published_rows():
    """The published rows as dicts."""
    with open(PUBLISHED, newline="") as file:
        return list(csv.DictReader(file))


def session_key(row):
    """What tells one session from another."""
    return tuple(row[name] for name in _SESSION_KEY)


def clocks(text):
    """Hours of the day of the times in a text: `14:00PM - 15:15PM` mixes 24 hours with AM and PM.

    :return: list of Fraction
    """
    hours = []
    for hour, minute, half in _CLOCK.findall(text):
        hour = int(hour)
        if half == "AM" and hour == 12:
            hour = 0
        elif half == "PM" and hour < 12:
            hour += 12
        hours.append(hour + Fraction(int(minute), 60))
    return hours


def import_files(rows):
    """The four files that somebody brings to the import screen.

    A committee is a roster, a session has its own list of who was expected: no row is not an absence.

    :param rows: published rows
    :return: dict model -> `ImportFile`, in the order of import
    """
    committees = _numbered(row["Committee"] for row in rows)
    sessions = _numbered(session_key(row) for row in rows)
    expected = {}
    for row in rows:
        expected.setdefault(session_key(row), {})[_member(row)] = None
    return {
        "res.partner": ImportFile(
            ["External ID", "Name", "Registrant"],
            ["id", "name", "is_registrant"],
            [[f"council.{code}", code, "TRUE"] for code in sorted({row["MemberCode"] for row in rows})],
        ),
        "spp.session.roster": ImportFile(
            ["External ID", "Name", "Session Type", "Time Zone"],
            ["id", "name", "session_type_id", "tz"],
            [[f"council.committee_{n}", name, SESSION_TYPE, TIME_ZONE] for name, n in committees.items()],
        ),
        "spp.session": ImportFile(
            ["External ID", "Name", "Session Type", "Committee", "Date", "Start", "End", "Expected"],
            ["id", "name", "session_type_id", "roster_id/id", "date", "start_time", "end_time"]
            + ["expected_participant_ids/id"],
            [
                [
                    f"council.session_{n}",
                    session_name(key),
                    SESSION_TYPE,
                    f"council.committee_{committees[key[0]]}",
                    key[2],
                    *_hours(key[4]),
                    ",".join(expected[key]),
                ]
                for key, n in sessions.items()
            ],
        ),
        "spp.session.attendance": ImportFile(
            ["Session", "Member", "Status"],
            ["session_id/id", "participant_id/id", "status_id"],
            [
                [
                    f"council.session_{sessions[session_key(row)]}",
                    _member(row),
                    {"Y": "Present", "N": "Absent"}[row["Present"]],
                ]
                for row in rows
            ],
        ),
    }


def session_name(key):
    """The name of a session, which no other one has."""
    committee, number, day, _part_of_day, times = key
    return f"{committee.strip()} {number}, {day} {times}"


def as_csv(file):
    """An `ImportFile` as bytes."""
    text = io.StringIO()
    csv.writer(text).writerows([file.header, *file.rows])
    return text.getvalue().encode()


def _numbered(keys):
    return {key: number for number, key in enumerate(dict.fromkeys(keys), 1)}


def _member(row):
    return f"council.{row['MemberCode']}"


def _hours(text):
    """Start and end as the import screen takes them; a roll call has no end."""
    hours = [f"{float(hour):.6f}" for hour in clocks(text)]
    return hours if len(hours) == 2 else [*hours, ""]
