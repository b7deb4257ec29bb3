# Part of the SPP attendance suite. LGPL-3.
"""Terminals post the real logs at full speed; against a no-op route of the same server and plain SQL inserts.

Two terminals post all their lines at the same time, in batches of 100, a new connection for each. The no-op route
(`/iclock/ping`) is asked as often by the same clients. The plain inserts write the same values into a table of the same
structure with the same indexes, a commit per batch, two connections at the same time.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from psycopg2.extras import execute_values

from demo import scenario
from doubles.terminal import BATCH, SimulatedTerminal
from tools.console import Failure, step
from tools.database import connect
from tools.rpc import Client

WARM_UP = 20
_COLUMNS = (
    "device_id, company_id, event_key, raw_line, credential, time_text, tz, scan_time, scan_date, direction, "
    "verification, work_code, received_at, state, create_uid, create_date, write_uid, write_date"
)


def run(server):
    """Measure.

    :param server: running `tools.server.Server` on a fresh database
    :return: dict of figures
    """
    terminals = scenario.load(scenario.DEFAULT).terminals
    admin = Client(server.url, server.database, "admin", "admin")
    devices = admin.call(
        "spp.attendance.device",
        "create",
        [{"name": terminal.serial, "serial": terminal.serial, "tz": terminal.time_zone} for terminal in terminals],
    )
    admin.call("spp.attendance.device", "action_approve", devices)
    batches = {terminal: _batches(terminal) for terminal in terminals}
    requests = sum(map(len, batches.values()))
    with step("Asking the no-op route"):
        _ping(server, terminals[0], WARM_UP)
        noop = _measure(terminals, lambda terminal: _ping(server, terminal, len(batches[terminal])))
    with step("Posting the logs"):
        post = _measure(terminals, lambda terminal: _post(server, terminal, batches[terminal]))
    stored = admin.call("spp.attendance.scan", "search_count", [])
    rows = {
        terminal: [[_row(line, device, terminal.time_zone) for line in batch] for batch in batches[terminal]]
        for terminal, device in zip(terminals, devices, strict=True)
    }
    expected = len({row[:3:2] for terminal in terminals for batch in rows[terminal] for row in batch})
    if stored != expected:
        raise Failure(f"the server stored {stored} scans of {expected}: look at its log in {server.log}.")
    with step("Inserting the same rows by SQL"):
        sql = _insert(server.database, terminals, rows)
    return {
        "lines": sum(len(batch) for terminal in terminals for batch in batches[terminal]),
        "stored_scans": stored,
        "requests": requests,
        "scans_per_second": round(stored / post),
        "no_op_requests_per_second": round(requests / noop),
        "batch_time_to_no_op_time": round(post / noop, 2),
        "sql_rows_per_second": round(stored / sql),
        "batch_time_to_sql_time": round(post / sql, 2),
    }


def _batches(terminal):
    lines = [line for line in terminal.scans() if line.pin]
    return [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]


def _measure(terminals, work):
    """Seconds until all terminals have done their work at the same time."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(terminals)) as pool:
        list(pool.map(work, terminals))
    return time.perf_counter() - started


def _ping(server, terminal, times):
    simulated = SimulatedTerminal(server.url, terminal.serial)
    for _number in range(times):
        simulated.request("GET", "ping").raise_for_status()


def _post(server, terminal, batches):
    simulated = SimulatedTerminal(server.url, terminal.serial)
    for batch in batches:
        simulated.post_batch([line.push_line for line in batch])


def _row(line, device, zone):
    moment = line.moment.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
    now = datetime.now(UTC).replace(tzinfo=None)
    text = f"{line.moment:%Y-%m-%d %H:%M:%S}"
    return (
        *(device, 1, f"{line.pin}|{text}", line.push_line.decode(), line.pin, text, zone, moment, line.moment.date()),
        *("0", "1", "0", now, "new", 1, now, 1, now),
    )


def _insert(database, terminals, rows):
    """Seconds for the same rows, in the same batches, straight into PostgreSQL."""

    with connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_scan (LIKE spp_attendance_scan INCLUDING ALL)")

    def work(terminal):
        connection = connect(database)
        with connection.cursor() as cursor:
            for batch in rows[terminal]:
                execute_values(
                    cursor,
                    f"INSERT INTO bench_scan ({_COLUMNS}) VALUES %s ON CONFLICT (device_id, event_key) DO NOTHING",  # noqa: S608
                    batch,
                    page_size=BATCH,
                )
                connection.commit()
        connection.close()

    return _measure(terminals, work)
