# Part of the SPP attendance suite. LGPL-3.
"""The parts of the workload `fetch` that run in a process of Odoo; see `bench.fetch`."""

import time
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from bench.data import copy_row
from tools.database import connect

PAGE, FACTS = 100, 12
FIRST_DAY, LAST_DAY = "2026-03-01", "2026-03-31"
#: Of the double of an attendance server.
CLIENT_ID, CLIENT_SECRET = "c-id-5f0e", "c-secret-91ab"
_ID_TYPE = "bench"


def identifier(number):
    """By what the server knows a person."""
    return f"NID-{number:06}"


def prepare(env, people):
    """Make people with identifiers, by SQL."""
    vocabulary = env["spp.vocabulary"].search([("namespace_uri", "=", "urn:openspp:vocab:id-type")])
    kind = env["spp.vocabulary.code"].create(
        {"vocabulary_id": vocabulary.id, "code": _ID_TYPE, "display": "Number", "is_local": True}
    )
    person = env["res.partner"].create({"name": "Person", "is_registrant": True})
    name = env["spp.registry.id"].create({"partner_id": person.id, "id_type_id": kind.id, "value": "seed"})
    env.cr.commit()
    numbers = f"generate_series(0, {people - 1}) n"
    with closing(connect(env.cr.dbname)) as connection:
        with connection, connection.cursor() as cursor:
            named = dict.fromkeys(("name", "complete_name"), "'Person ' || n")
            own = {"id": "n + {first}", "commercial_partner_id": "n + {first}"}
            first = copy_row(cursor, "res_partner", person.id, numbers, named | own)
            values = {
                "id": "n + {first}",
                "partner_id": f"n + {first}",
                "value": "'NID-' || lpad(n::text, 6, '0')",
            }
            copy_row(cursor, "spp_registry_id", name.id, numbers, values)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def fetch_twice(env, url, people):
    """Make a cycle whose attendance comes from a server, and ask twice.

    :return: dict of figures: those of the two runs, the memory in megabytes, what is in the ledger afterwards
    """
    source = env["spp.attendance.source"].create(
        {
            "name": f"Server {people}",
            "base_url": url,
            "client_id": CLIENT_ID,
            "secret": CLIENT_SECRET,
            "id_type_id": env["spp.vocabulary.code"].search([("code", "=", _ID_TYPE)]).id,
            "tz": "Asia/Jakarta",
            "page_size": PAGE,
            "allow_http": True,
        }
    )
    cycle = (
        env["spp.cycle"]
        .with_context(spp_historical_import=True)
        .create(
            {
                "name": f"Cycle {people}",
                "program_id": env["spp.program"].create({"name": f"Program {people}", "target_type": "individual"}).id,
                "start_date": FIRST_DAY,
                "end_date": LAST_DAY,
                "attendance_required": True,
                "attendance_measure": "days",
                "attendance_threshold": 10,
                "attendance_source_ids": source.ids,
            }
        )
    )
    env.cr.execute(
        """
        INSERT INTO spp_cycle_membership (partner_id, cycle_id, enrollment_date, state, create_date, write_date)
        SELECT partner_id, %s, %s, 'enrolled', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
          FROM spp_registry_id WHERE value BETWEEN 'NID-' AND %s ORDER BY partner_id
        """,
        [cycle.id, FIRST_DAY, identifier(people - 1)],
    )
    env.cr.commit()
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    first, again = _fetch(env, cycle), _fetch(env, cycle)
    facts = env["spp.event.attendance"].search_count([("source_id", "=", source.id)])
    env.cr.execute("SELECT COUNT(*) FROM spp_event_data JOIN spp_event_attendance fact ON fact.id = data_record_id"
                   " WHERE data_model = 'spp.event.attendance' AND source_id = %s", [source.id])  # fmt: skip
    return {
        "source": source.id,
        "first": first,
        "again": again,
        "facts": facts,
        "events": env.cr.fetchone()[0],
        "growth": _memory("VmHWM") - before,
        "peak": _memory("VmHWM"),
    }


def fetch_again(env, people):
    """Ask once more for the cycle of so many people."""
    return _fetch(env, env["spp.cycle"].search([("name", "=", f"Cycle {people}")]))


def _fetch(env, cycle):
    """A run as the scheduled action takes it to its decision, a transaction per chunk.

    :return: dict with the seconds for asking and for deciding, the most queries of a chunk after the first, how many facts
        were written, and how many answers were read
    """
    runs = type(env["spp.attendance.compliance.run"])
    step, finish = runs._fetch_step, runs._finish
    queries, decided = [], []

    def counted(run, clients):
        before = run.env.cr.sql_log_count
        result = step(run, clients)
        run.env.flush_all()
        queries.append(run.env.cr.sql_log_count - before)
        return result

    def timed(run):
        started = time.perf_counter()
        finish(run)
        run.env.flush_all()
        decided.append(time.perf_counter() - started)

    with (
        patch.object(type(cycle.env["spp.run.later"]), "_has_job_runner", lambda self: False),
        patch.object(runs, "_fetch_step", counted),
        patch.object(runs, "_finish", timed),
    ):
        run = cycle._start_attendance_run()
        env.cr.commit()
        started = time.perf_counter()
        env["spp.attendance.compliance.run"]._cron_fetch()
        seconds = time.perf_counter() - started - sum(decided)
    if run.state != "decided":
        raise RuntimeError(run.fetch_error)
    chunks = run.chunk_ids
    return {
        "seconds": seconds,
        "decided": sum(decided),
        "queries": max(queries[1:-1]),
        "written": sum(chunks.mapped("changed_count")) + sum(chunks.mapped("cancelled_count")),
        "read": len(chunks.filtered(lambda chunk: not chunk.is_repeated)),
    }


def _memory(name):
    """Megabytes of this process: "VmRSS" now, "VmHWM" the most so far."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith(name))
