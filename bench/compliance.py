# Part of the SPP attendance suite. LGPL-3.
"""Cycles filtered by attendance: the engine against plain SQL and against one member after the other through the ORM.

* A hundredth, a tenth and all of the people, with 12 facts each, are members of cycles, as individuals and as households of
  four. The engine decides and applies through the running server; the same is done by plain SQL.
* For cycles of up to 10,000 people an implementation that goes from record to record is measured in another process, with the
  engine once more: what is left between the two is the way of working.
* Each does the first run of a cycle of its own and then one for which nothing is new; times are ratios of medians.
* Memberships, decisions and assessments are compared row by row after each run: one difference ends the workload.
"""

import time
from collections import defaultdict
from contextlib import closing
from pathlib import Path
from statistics import median

from bench import compliance_sql
from bench.compliance_data import HOUSEHOLD, Ledger
from bench.roster import RequestLog
from tools import odoo
from tools.console import Failure, step
from tools.database import connect
from tools.rpc import Client

MEMBERS, FEWEST_MEMBERS = 100_000, 400
_MOST_PER_RECORD = 10_000
_ROUNDS = 3
_RUNS = ("first", "again")
_WARM_UP = HOUSEHOLD
#: What two cycles of the same members must agree on; what differs by nature (ids, moments, users) is left out.
_COLUMNS = {
    # Odoo writes 0 where SQL leaves a number empty
    "decision": "number COALESCE(previous_number,0) counted expected required result reason evidence_hash previous_state last_result is_changed",
    "membership": "state number_of_attendance",
    "assessment": "number counted expected required result reason evidence_hash",
}


def run(server, members=MEMBERS):
    """Measure.

    :param server: running `tools.server.Server` on a fresh database
    :param members: how many people there are in the end
    :return: dict of figures
    :raise Failure: when two ways come to different rows
    """
    admin = Client(server.url, server.database, "admin", "admin")
    ledger = Ledger(admin, server.database)
    figures: dict = {}
    ledger.grow(_WARM_UP)
    warm_ups = {}
    for kind in ("individual", "group"):
        warm_ups[kind] = [ledger.add_cycle(f"Warm-up {number}", kind) for number in range(4)]
        for cycle in warm_ups[kind]:  # both workers have to be warm
            _Engine(server, admin).filter_cycle(cycle)
    for size in sorted({members // share // HOUSEHOLD * HOUSEHOLD for share in (100, 10, 1)}):
        with step(f"Making {size:,} people with their facts"):
            ledger.grow(size)
        for kind in ("individual", "group"):
            found = _measure(server, admin, ledger, size, kind)
            if size <= _MOST_PER_RECORD:
                found |= _measure_per_record(server.database, ledger, size, kind, warm_ups[kind])
            figures |= {f"{kind}_{size}_{name}": value for name, value in found.items()}
    return figures


class _Engine:
    """Filters cycles through the server; `queries` has the number of queries of each request."""

    def __init__(self, server, admin):
        self._admin, self._log = admin, RequestLog(server.log)
        self.queries = {}

    def filter_cycle(self, cycle, watch=lambda _name, work: work()):
        start = "action_filter_beneficiaries_by_compliance_criteria"
        watch("decide", lambda: self._admin.call("spp.cycle", start, [cycle]))
        self.queries["decide"] = self._log.queries(f"/web/dataset/call_kw/spp.cycle/{start}")
        run = self._admin.call("spp.attendance.compliance.run", "search", [("cycle_id", "=", cycle)], limit=1)
        watch("apply", lambda: self._admin.call("spp.attendance.compliance.run", "action_apply", run))
        self.queries["apply"] = self._log.queries("/web/dataset/call_kw/spp.attendance.compliance.run/action_apply")


def _measure(server, admin, ledger, size, kind):
    seconds, queries = defaultdict(list), defaultdict(set)
    reset_peak(server)

    def watch(*names):
        def timed(name, work):
            started = time.perf_counter()
            work()
            seconds[*names, name].append(time.perf_counter() - started)

        return timed

    def cycle(way, number):
        return ledger.add_cycle(f"{way} {size} {number}", kind)

    for number in range(_ROUNDS):
        by_engine, by_sql = cycle("Engine", number), cycle("SQL", number)
        with step(f"Filtering cycles of {size:,} people, {kind}, round {number + 1} of {_ROUNDS}"):
            for name in _RUNS:
                engine = _Engine(server, admin)
                engine.filter_cycle(by_engine, watch("engine", name))
                for task, count in engine.queries.items():
                    queries[task].add(count)
                compliance_sql.filter_cycle(server.database, by_sql, kind, watch("sql", name))
                compare(server.database, by_engine, by_sql, "plain SQL")
    figures = {"members": compare(server.database, by_engine, by_sql, "plain SQL")}
    for name in _RUNS:
        for task in ("decide", "apply"):
            ours, plain = (median(seconds[way, name, task]) for way in ("engine", "sql"))
            figures[f"{name}_{task}_ms"] = round(1000 * ours)
            figures[f"{name}_{task}_to_sql_time"] = round(ours / plain, 2)
        ours, plain = (
            sum(median(seconds[way, name, task]) for task in ("decide", "apply")) for way in ("engine", "sql")
        )
        figures[f"{name}_to_sql_time"] = round(ours / plain, 2)
    for task, counts in queries.items():
        figures[f"{task}_queries"] = min(counts)  # a worker that was asked for the first time fills its caches besides
    figures["peak_memory_mb"] = peak_memory(server)
    return figures


def _measure_per_record(database, ledger, size, kind, warm_ups):
    ways = ("engine", "per_record", "engine", "engine")
    cycles = [(way, ledger.add_cycle(f"{way} {size} {number} in one process", kind)) for number, way in enumerate(ways)]
    with step(f"Filtering a cycle of {size:,} people, {kind}, record by record"):
        took = odoo.ask(
            database,
            "from bench import compliance_per_record\n"
            f"answer = compliance_per_record.measure(env, {[*zip(ways, warm_ups, strict=True), *cycles]})",
        )
    by_sql = ledger.add_cycle(f"SQL {size} to compare", kind)
    for _name in _RUNS:
        compliance_sql.filter_cycle(database, by_sql, kind, lambda _name, work: work())
    for _way, cycle in cycles:
        compare(database, cycle, by_sql, "plain SQL")
    figures = {}
    for number, name in enumerate(_RUNS, start=1):
        engine, per_record = (
            median(found[number] for found in took[len(warm_ups) :] if found[0] == way)
            for way in ("engine", "per_record")
        )
        figures[f"{name}_in_one_process_ms"] = round(1000 * engine)
        figures[f"{name}_per_record_to_engine_time"] = round(per_record / engine, 1)
    return figures


# --- comparing


def compare(database, ours, other, way):
    """Compare the memberships of two cycles, and what their runs wrote.

    :return: how many memberships there are
    :raise Failure: when they differ
    """
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        for table, source in (
            ("membership", "SELECT partner_id AS unit, * FROM spp_cycle_membership"),
            ("decision", _of_runs("decision.*, membership.partner_id")),
            (
                "assessment",
                _of_runs("assessment.*", "JOIN spp_attendance_assessment assessment ON decision_id = decision.id"),
            ),
        ):
            columns = ", ".join(_COLUMNS[table].split())
            one = f"SELECT partner_id, unit, {columns} FROM ({source}) row WHERE cycle_id = %s"  # noqa: S608 - constants only
            cursor.execute(
                f"SELECT COUNT(*) FROM (({one} EXCEPT ALL {one}) UNION ALL ({one} EXCEPT ALL {one})) row",  # noqa: S608
                [ours, other, other, ours],
            )
            (different,) = cursor.fetchone()
            if different:
                raise Failure(f"{different} {table} rows differ from those of {way}: one of the two is wrong.")
        cursor.execute("SELECT COUNT(*) FROM spp_cycle_membership WHERE cycle_id = %s", [ours])
        return cursor.fetchone()[0]


def _of_runs(columns, joined=""):
    return f"""
        SELECT run.cycle_id, run.number, membership.partner_id AS unit, {columns}
          FROM (SELECT id, cycle_id, ROW_NUMBER() OVER (PARTITION BY cycle_id ORDER BY id) AS number
                  FROM spp_attendance_compliance_run) run
          JOIN spp_attendance_decision decision ON decision.run_id = run.id
          JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
               {joined}
    """  # noqa: S608 - constants only


# --- memory


def _processes(server):
    """The server's processes that exist now, as folders of /proc."""
    leader = server.process.pid
    children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
    return [Path("/proc", str(number)) for number in (leader, *children)]


def reset_peak(server):
    """Let the peak of memory begin anew."""
    for process in _processes(server):
        (process / "clear_refs").write_text("5")


def peak_memory(server):
    """The most megabytes that a process of the server has had in memory."""
    found = []
    for process in _processes(server):
        lines = (process / "status").read_text().splitlines()
        found += [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")]
    return max(found)
