# Part of the SPP attendance suite. LGPL-3.
"""Cycles closed: the end-of-cycle run against plain SQL and against one entitlement after the other through the ORM.

* A hundredth, a tenth and all of the entitlements, three quarters of them cash and one quarter in-kind, with two transactions
  each: redeemed fully, partly, not at all, and with voids.
* The run goes from chunk to chunk with a commit each, as a job or the scheduled action does it, in a process of its own; its
  peak of memory is that of the process. The plain SQL is one statement per chunk of the same size, audit rows included.
* The baseline goes from entitlement to entitlement; it is measured on whole cycles of up to 10,000 entitlements, nothing is
  scaled.
* Entitlements and audit rows are compared row by row after each: one difference ends the workload.
"""

from collections import defaultdict
from contextlib import closing
from statistics import median

from bench import close_sql
from bench.close_data import KINDS, Cycles
from tools import odoo
from tools.console import Failure, step
from tools.database import connect
from tools.rpc import Client

ENTITLEMENTS, FEWEST_ENTITLEMENTS = 1_000_000, 400
_MOST_PER_RECORD = 10_000
#: Number of entitlements from which on one round is enough.
_MANY, _ROUNDS = 1_000_000, 3
#: What two cycles with the same entitlements must agree on.
_ENTITLEMENT = "state, entitlement_balance, COALESCE(expired_value, 0), COALESCE(carried_value, 0)"
_CHANGE = "cause, old_state, new_state, balance"


def run(server, entitlements=ENTITLEMENTS):
    """Measure.

    :param server: running `tools.server.Server` on a fresh database
    :param entitlements: how many there are in the largest cycle
    :return: dict of figures
    :raise Failure: when two ways come to different rows
    """
    cycles = Cycles(Client(server.url, server.database, "admin", "admin"), server.database)
    server.stop()  # what is measured runs in processes of its own
    figures = {}
    _close(server.database, cycles.add("Warm-up", 40))
    for size in sorted({max(entitlements // share // 4 * 4, 4) for share in (100, 10, 1)}):
        for name, value in _measure(server.database, cycles, size).items():
            figures[f"{size}_{name}"] = value
    return figures


def _measure(database, cycles, size):
    seconds, peaks, queries = defaultdict(list), [], set()
    rounds = 1 if size >= _MANY else _ROUNDS
    for number in range(rounds):
        with step(f"Making cycles of {size:,} entitlements, round {number + 1} of {rounds}"):
            ours, plain = (cycles.add(f"{way} {size} {number}", size) for way in ("Run", "SQL"))
        cycles.settle()
        with step(f"Closing {size:,} entitlements, round {number + 1} of {rounds}"):
            answer = _close(database, ours)
            seconds["run"].append(answer["seconds"])
            peaks.append(answer["peak_mb"] - answer["start_mb"])
            queries.add(answer["most_queries"])
        cycles.settle()
        with step(f"Closing {size:,} entitlements by plain SQL, round {number + 1} of {rounds}"):
            seconds["sql"].append(close_sql.close(database, plain, answer["chunk"]))
        changes = compare(database, ours, plain, "plain SQL")
    took = median(seconds["run"])
    figures = {
        "changes": changes,
        "ms": round(1000 * took),
        "sql_ms": round(1000 * median(seconds["sql"])),
        "to_sql_time": round(took / median(seconds["sql"]), 2),
        "memory_mb": round(max(peaks), 1),
        "queries_per_chunk": max(queries),
    }
    if size <= _MOST_PER_RECORD:
        # as Odoo writes when nothing is said, with a message in the chatter of each entitlement, and without these
        for name, context in (("per_record", {}), ("per_record_without_messages", {"tracking_disable": True})):
            by_record = cycles.add(f"{name} {size}", size)
            cycles.settle()
            with step(f"Closing {size:,} entitlements, {name.replace('_', ' ')}"):
                answer = odoo.ask(
                    database,
                    "from bench import close_per_record\n"
                    f"answer = close_per_record.measure(env(context={context}), {by_record})",
                )
            compare(database, by_record, plain, "plain SQL")
            figures[f"{name}_to_run_time"] = round(answer / took, 1)
    return figures


def _close(database, cycle):
    return odoo.ask(database, f"from bench import close_run\nanswer = close_run.measure(env, {cycle})")


def compare(database, ours, other, way, users=True):
    """Compare the entitlements of two cycles, and the changes of their states.

    :param users: whether the same user has to have made the changes
    :return: how many changes there are
    :raise Failure: when they differ
    """
    changes, change = 0, f"{_CHANGE}, user_id" if users else _CHANGE
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        for table, reference in KINDS.items():
            numbered = f"SELECT *, ROW_NUMBER() OVER (ORDER BY id) AS number FROM {table} WHERE cycle_id = %s"  # noqa: S608 - constants only
            for what, rows in (
                ("entitlement", f"SELECT number, {_ENTITLEMENT} FROM ({numbered}) e"),  # noqa: S608 - constants only
                (
                    "state change",
                    f"SELECT number, {change} FROM ({numbered}) e"  # noqa: S608 - constants only
                    f" JOIN (SELECT {reference}, {change} FROM spp_entitlement_state_change) c ON c.{reference} = e.id",
                ),
            ):
                cursor.execute(
                    f"SELECT row::text FROM (({rows} EXCEPT ALL {rows}) UNION ALL ({rows} EXCEPT ALL {rows})) row"  # noqa: S608
                    " ORDER BY number LIMIT 2",
                    [ours, other, other, ours],
                )
                if different := [row for (row,) in cursor.fetchall()]:
                    raise Failure(
                        f"{what} rows differ from those of {way}, for example {' and '.join(different)}: one of the two is wrong."
                    )
            cursor.execute(
                f"SELECT COUNT(*) FROM spp_entitlement_state_change c JOIN {table} e ON e.id = c.{reference}"  # noqa: S608
                " WHERE e.cycle_id = %s",
                [ours],
            )
            changes += cursor.fetchone()[0]
    return changes
