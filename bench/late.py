# Part of the SPP attendance suite. LGPL-3.
"""Scans that come in after their registers were submitted: one set of corrections; against the same rows written by SQL.

Registers of several sessions are submitted with everybody absent. Then the scans of all people come in and are matched in one
go: marks are corrected, each correction is logged, and the ledger, the event history and the follow-ups follow. The SQL writes
the same rows of marks, log, ledger, history and scans of other registers of the same size, a statement per table.
"""

import time
from datetime import datetime, timedelta
from statistics import median

from tools import odoo
from tools.console import Failure, step

SCANS = 200
FEWEST_SCANS = 20
_SESSIONS = 10
_ROUNDS = 5
_DAY = datetime(2025, 10, 1)

#: What follows from a scan of a submitted register, by hand: arrivals are (scan, session, person, moment, status).
_BY_HAND = (
    """
    UPDATE spp_session_attendance mark
       SET status_id = arrival.status_id, attendance_time = arrival.moment, source = 'device', is_attended = TRUE,
           is_unexplained = FALSE, presence_percentage = 100, write_uid = 1, write_date = now() AT TIME ZONE 'UTC'
      FROM arrival WHERE mark.session_id = arrival.session_id AND mark.participant_id = arrival.partner_id
    """,
    """
    INSERT INTO spp_session_attendance_change (attendance_id, session_id, participant_id, company_id, old_status_id,
                new_status_id, new_attendance_time, reason, user_id, change_date, create_uid, create_date, write_uid, write_date)
         SELECT mark.id, mark.session_id, mark.participant_id, mark.company_id, arrival.old_status_id, arrival.status_id,
                arrival.moment, 'Scan', 1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC'
           FROM arrival
           JOIN spp_session_attendance mark
             ON mark.session_id = arrival.session_id AND mark.participant_id = arrival.partner_id
    """,
    """
    UPDATE spp_event_attendance fact
       SET status_id = arrival.status_id, attendance_datetime = arrival.moment, is_attended = TRUE, weight = 1,
           write_date = now() AT TIME ZONE 'UTC'
      FROM arrival WHERE fact.session_id = arrival.session_id AND fact.partner_id = arrival.partner_id
    """,
    """
    UPDATE spp_event_data event SET write_date = now() AT TIME ZONE 'UTC'
      FROM arrival JOIN spp_event_attendance fact
        ON fact.session_id = arrival.session_id AND fact.partner_id = arrival.partner_id
     WHERE event.data_model = 'spp.event.attendance' AND event.data_record_id = fact.id
    """,
    """
    UPDATE spp_attendance_scan scan
       SET state = 'matched', partner_id = arrival.partner_id, session_id = arrival.session_id
      FROM arrival WHERE scan.id = arrival.scan_id
    """,
)


def run(server, scans=SCANS):
    """Measure.

    :param server: running `tools.server.Server` on a fresh database
    :param scans: how many scans come in
    :return: dict of figures
    """
    with step(f"Correcting submitted registers by {scans:,} scans"):
        return odoo.ask(server.database, f"from bench import late\nanswer = late.measure(env, {scans})")


def measure(env, scans):
    """The figures of `run`, in a process of Odoo."""
    registers = _Registers(env, scans)
    matching, by_hand, queries = [], [], []
    for number in range(_ROUNDS + 1):  # in turn, so that a busy machine is busy for both
        late = registers.late_scans(2 * number)
        before, started = env.cr.sql_log_count, time.perf_counter()
        late._match()
        env.flush_all()
        matching.append(time.perf_counter() - started)
        queries.append(env.cr.sql_log_count - before)
        registers.check(late)
        late = registers.late_scans(2 * number + 1)
        registers.prepare(late)
        started = time.perf_counter()
        for statement in _BY_HAND:
            env.cr.execute(statement)
        by_hand.append(time.perf_counter() - started)
        env.invalidate_all()
    few = registers.late_scans(2 * _ROUNDS + 2, scans // 10)
    before = env.cr.sql_log_count
    few._match()
    env.flush_all()
    return {
        "scans": scans,
        "queries": median(queries[1:]),
        "queries_of_a_tenth": env.cr.sql_log_count - before,
        "milliseconds_per_scan": round(1000 * median(matching[1:]) / scans, 2),
        "time_to_sql_time": round(median(matching[1:]) / median(by_hand[1:]), 1),
    }


class _Registers:
    """Days with submitted registers in which everybody is absent, and the scans that come in for them."""

    def __init__(self, env, scans):
        self.env, self._each = env, scans // _SESSIONS
        id_type = env.ref("spp_attendance_device_bridge.id_type_terminal_pin")
        people = env["res.partner"].create(
            [
                {
                    "name": f"Person {number}",
                    "is_registrant": True,
                    "reg_ids": [(0, 0, {"id_type_id": id_type.id, "value": str(10_000 + number)})],
                }
                for number in range(self._each * _SESSIONS)
            ]
        )
        session_type = env["spp.session.type"].create({"name": "Health Session"})
        self._rosters = env["spp.session.roster"].create(
            [
                {
                    "name": f"Roster {number}",
                    "session_type_id": session_type.id,
                    "tz": "UTC",
                    "membership_ids": [
                        (0, 0, {"partner_id": person.id, "date_from": "2025-01-01"})
                        for person in people[number * self._each : (number + 1) * self._each]
                    ],
                }
                for number in range(_SESSIONS)
            ]
        )
        self._device = env["spp.attendance.device"].create(
            {
                "name": "Entrance",
                "serial": "LATE1",
                "tz": "UTC",
                "state": "active",
                "roster_ids": [(6, 0, self._rosters.ids)],
            }
        )
        self._people = len(people)

    def late_scans(self, day, scans=None):
        """Submit the registers of a day, then take in the scans of that many people, each at a second of its own."""
        date = _DAY + timedelta(days=day)
        sessions = self._rosters.generate_sessions(date.date(), date.date(), 6.0, 8.0)
        sessions.action_submit()
        values = [
            {
                "device_id": self._device.id,
                "company_id": self._device.company_id.id,
                "event_key": f"{day}-{number}",
                "raw_line": f"{10_000 + number}",
                "credential": str(10_000 + number),
                "scan_time": date + timedelta(hours=6, seconds=number % 240),
                "scan_date": date.date(),
                "received_at": self.env.cr.now(),
            }
            for number in range(scans or self._people)
        ]
        late = self.env["spp.attendance.scan"].create(values)
        self.env.flush_all()
        self.env.invalidate_all()
        return late

    def check(self, late):
        """Every scan has become an arrival that the ledger knows.

        :raise Failure: when one has not
        """
        self.env.invalidate_all()
        facts = self.env["spp.event.attendance"].search_count(
            [("session_id", "in", late.session_id.ids), ("is_attended", "=", True)]
        )
        if set(late.mapped("state")) != {"matched"} or facts != len(late):
            raise Failure(f"{facts} of {len(late)} scans of submitted registers reached the ledger.")

    def prepare(self, late):
        """The arrivals that the SQL starts from."""
        statuses = self.env["spp.attendance.status"]
        present, absent = statuses._by_code("present").id, statuses._by_code("absent").id
        people, _problems = late._find_partners()
        marks = {
            mark.participant_id.id: mark.session_id.id
            for mark in self.env["spp.session.attendance"].search([("session_date", "=", late[0].scan_date)])
        }
        self.env.cr.execute("DROP TABLE IF EXISTS arrival")
        self.env.cr.execute(
            """
            CREATE TEMP TABLE arrival AS
            SELECT * FROM unnest(%s::int[], %s::int[], %s::int[], %s::timestamp[], %s::int[], %s::int[])
                       AS a(scan_id, session_id, partner_id, moment, status_id, old_status_id)
            """,
            [
                late.ids,
                [marks[people[scan.id]] for scan in late],
                [people[scan.id] for scan in late],
                [scan.scan_time for scan in late],
                [present] * len(late),
                [absent] * len(late),
            ],
        )
