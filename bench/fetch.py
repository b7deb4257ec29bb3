# Part of the SPP attendance suite. LGPL-3.
"""Attendance of many people fetched from a server: against a bare client that reads the same pages, and plain SQL.

* A tenth and all of the people, with 12 facts each on the double of a server, are asked about in chunks of 100: first when
  nothing is known, then when nothing is new, then when nothing is new but the server writes the same in another order, as
  one that was started anew does. Deciding is not a part of the times.
* The bare client asks the same questions and reads the answers without looking at them: what the server and the transport
  take. Plain SQL upserts the same facts and events, in the same chunks, into tables of the same structure, foreign keys
  included.
* Queries per chunk and the memory of the Odoo process are measured while it fetches and decides.
"""

import os
import tempfile
import time
from contextlib import closing
from pathlib import Path

import requests
from cryptography.fernet import Fernet
from psycopg2.extras import Json, execute_values

from bench.fetch_odoo import CLIENT_ID, CLIENT_SECRET, FACTS, FIRST_DAY, LAST_DAY, PAGE, identifier
from doubles.attendance_server_process import AttendanceServerProcess
from doubles.attendance_server_process import people as made_up_people
from tools import odoo
from tools.console import Failure, step
from tools.database import connect

PEOPLE, FEWEST_PEOPLE = 100_000, 2_000


def run(server, people=PEOPLE):
    """Measure.

    :param server: running `tools.server.Server` on a fresh database
    :param people: how many people there are
    :return: dict of figures
    :raise Failure: when the ledger is not what the server said
    """
    os.environ["SPP_SECRET_KEY"] = Fernet.generate_key().decode()
    figures: dict = {}
    with tempfile.TemporaryDirectory() as folder:
        data = made_up_people(people, rows=FACTS)
        with AttendanceServerProcess(Path(folder) / "people.jsonl", generation="S2", people=data) as attendance:
            with step(f"Making {people:,} people"):
                ask(server, "prepare", people)
            for size in sorted({people // 10, people}):
                figures |= {f"{size}_{name}": value for name, value in _measure(server, attendance, size).items()}
    return figures


def ask(server, function, *arguments):
    """What a function of `fetch_odoo` returns, in a process of Odoo."""
    given = ", ".join(["env", *map(repr, arguments)])
    return odoo.ask(server.database, f"from bench import fetch_odoo\nanswer = fetch_odoo.{function}({given})")


def _measure(server, attendance, size):
    with step(f"Reading the pages of {size:,} people"):
        bare = _read_pages(attendance, size)
    with step(f"Fetching {size:,} people"):
        found = ask(server, "fetch_twice", attendance.url, size)
    first, again = found["first"], found["again"]
    attendance.stop()
    attendance.start()
    with step(f"Fetching {size:,} people from a server that was started anew"):
        bare_anew = _read_pages(attendance, size)
        anew = ask(server, "fetch_again", size)
    if not found["facts"] == found["events"] == size * FACTS or again["written"] or anew["written"]:
        raise Failure(f"the ledger is not what the server said: {found}, {anew}.")
    with step("Upserting the same rows by SQL"):
        plain = sum(_upsert(server.database, table, found["source"]) for table in ("attendance", "data"))
    return {
        "people": size,
        "facts": found["facts"],
        "facts_per_second": round(found["facts"] / first["seconds"]),
        "first_ms": round(1000 * first["seconds"]),
        "first_to_bare_time": round(first["seconds"] / bare, 2),
        "first_to_sql_time": round(first["seconds"] / plain, 2),
        "first_to_bare_and_sql_time": round(first["seconds"] / (bare + plain), 2),
        "again_ms": round(1000 * again["seconds"]),
        "again_to_bare_time": round(again["seconds"] / bare, 2),
        "again_read": again["read"],
        "other_order_ms": round(1000 * anew["seconds"]),
        "other_order_to_bare_time": round(anew["seconds"] / bare_anew, 2),
        "first_queries_per_chunk": first["queries"],
        "again_queries_per_chunk": again["queries"],
        "decide_ms": round(1000 * first["decided"]),
        "memory_growth_mb": found["growth"],
        "peak_memory_mb": found["peak"],
    }


def _read_pages(attendance, people):
    """Seconds of a client that asks the same questions and throws the answers away."""
    secret = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    query: dict = {"page": 1, "limit": PAGE, "from_date": FIRST_DAY, "to_date": LAST_DAY}
    started = time.perf_counter()
    with requests.Session() as session:
        session.trust_env = False
        token = session.post(f"{attendance.url}/auth/token", json=secret).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        for start in range(0, people, PAGE):
            names = [identifier(number) for number in range(start, min(start + PAGE, people))]
            session.get(f"{attendance.url}/attendances", params=query, json={"person_ids": names}).raise_for_status()
    return time.perf_counter() - started


def _upsert(database, table, source):
    """Seconds for the facts of a source, or their events, written by SQL into a table like theirs, a commit per chunk."""
    key, condition = (
        ("source_id, external_id", f"source_id = {source}")
        if table == "attendance"
        else (
            "data_record_id) WHERE (data_model = 'spp.event.attendance'",
            f"data_record_id IN (SELECT id FROM spp_event_attendance WHERE source_id = {source})",  # noqa: S608
        )
    )
    seconds = 0.0
    with closing(connect(database)) as reading, closing(connect(database)) as writing:
        with writing, writing.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS bench_{table}")
            cursor.execute(f"CREATE TABLE bench_{table} (LIKE spp_event_{table} INCLUDING ALL)")
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass",
                [f"spp_event_{table}"],
            )
            for (foreign_key,) in cursor.fetchall():
                cursor.execute(f"ALTER TABLE bench_{table} ADD {foreign_key}")
            cursor.execute("SET synchronous_commit = off")  # as in the process that is compared
        with reading.cursor("rows") as rows, writing.cursor() as cursor:
            rows.itersize = PAGE * FACTS
            rows.execute(f"SELECT * FROM spp_event_{table} WHERE {condition} ORDER BY id")  # noqa: S608 - constants only
            while page := rows.fetchmany(PAGE * FACTS):
                started = time.perf_counter()
                names = [column.name for column in rows.description]
                new = ", ".join(f"excluded.{name}" for name in names)
                old = ", ".join(f"bench_{table}.{name}" for name in names)
                execute_values(
                    cursor,
                    f"INSERT INTO bench_{table} ({', '.join(names)}) VALUES %s ON CONFLICT ({key})"  # noqa: S608
                    f" DO UPDATE SET ({', '.join(names)}) = ROW({new}) WHERE ({old}) IS DISTINCT FROM ({new})",
                    [[Json(value) if isinstance(value, dict) else value for value in row] for row in page],
                    page_size=len(page),
                )
                writing.commit()
                seconds += time.perf_counter() - started
    return seconds
