# Part of the SPP attendance suite. LGPL-3.
"""kill -9 of the whole server in the middle of its work: nothing acknowledged is lost, nothing is done twice."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from demo.main_job import MainJob
from demo.scenario import DEFAULT, load
from doubles.terminal import BATCH, SimulatedTerminal

_KILL_AFTER_BATCHES = (5, 23)
_LINES_PER_TERMINAL = 3000


def jobs_over(rows, server):
    """No job is left. Asking wakes the job runner, as any news in the queue does."""
    rows(server, "SELECT pg_notify('queue_job', 'nothing')")
    return not rows(server, "SELECT FROM queue_job WHERE state IN ('pending', 'enqueued', 'started')")


@pytest.fixture
def kill_during(rows, until):
    """Function: ask for some work in a thread, kill the server as soon as a condition holds, and start it again."""

    def run(server, work, condition, what):
        with ThreadPoolExecutor(1) as thread:
            running = thread.submit(work)
            until(lambda: condition() or (running.done() and jobs_over(rows, server)), what)
            server.kill()
            running.exception()  # cut off or just done: either is possible, and neither may matter
        server.start()

    return run


def test_kill_while_terminals_post(serve, rows, until):
    scenario = load(DEFAULT)
    lines = {
        terminal.serial: list(dict.fromkeys(line.push_line for line in terminal.scans()))[:_LINES_PER_TERMINAL]
        for terminal in scenario.terminals
    }
    batches = [
        (serial, mine[start : start + BATCH]) for serial, mine in lines.items() for start in range(0, len(mine), BATCH)
    ]

    def post(server, serial, wanted, acknowledged):
        """Post batches until the server is gone; note those it has acknowledged."""
        terminal = SimulatedTerminal(server.url, serial)
        for batch in (batch for owner, batch in wanted if owner == serial):
            try:
                response = terminal.request("POST", "cdata", b"\n".join(batch), table="ATTLOG", Stamp="9999")
            except requests.RequestException:
                return
            assert (response.status_code, response.text.strip()) == (200, f"OK: {len(batch)}")
            acknowledged.append((serial, batch))

    def stored(server):
        return rows(
            server,
            """
            SELECT device.serial, scan.raw_line FROM spp_attendance_scan scan
              JOIN spp_attendance_device device ON device.id = scan.device_id
            """,
        )

    def as_stored(posted):
        return [(serial, line.decode()) for serial, batch in posted for line in batch]

    with serve("kill_posts", errors_expected=True, durable=True) as server:
        admin = MainJob(scenario, server).admin
        values = [{"name": serial, "serial": serial, "tz": "Asia/Jakarta"} for serial in lines]
        admin.call("spp.attendance.device", "action_approve", admin.call("spp.attendance.device", "create", values))
        acknowledged = []
        for enough in _KILL_AFTER_BATCHES:
            remaining = [batch for batch in batches if batch not in acknowledged]
            with ThreadPoolExecutor(len(lines)) as threads:
                posting = [threads.submit(post, server, serial, remaining, acknowledged) for serial in lines]
                until(lambda: len(acknowledged) >= enough, "batches to be acknowledged")  # noqa: B023
                server.kill()
            for one in posting:
                one.result()
            assert len(acknowledged) < len(batches), "the server was killed too late"
            server.start()
            kept = stored(server)
            assert len(kept) == len(set(kept))
            assert set(as_stored(acknowledged)) <= set(kept)

        remaining = [batch for batch in batches if batch not in acknowledged]
        for serial in lines:
            post(server, serial, remaining, acknowledged)
        assert len(acknowledged) == len(batches)
        assert sorted(stored(server)) == sorted(as_stored(batches))


def test_kill_in_every_later_step(serve, rows, until, kill_during, october_figures):
    """The main job is cut off while scans are matched, registers submitted, cycles filtered and ended."""
    with serve("kill_jobs", errors_expected=True) as server:

        def matched():
            return rows(server, "SELECT FROM spp_attendance_scan WHERE state = 'matched' LIMIT 1")

        def writing(table):
            """A transaction that has changed this table is open."""
            query = """
                SELECT FROM pg_locks WHERE relation = %s::regclass AND mode = 'RowExclusiveLock' AND granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            """
            return lambda: rows(server, query, table)

        def job_started():
            return rows(server, "SELECT FROM queue_job WHERE state = 'started'")

        job = MainJob(load(DEFAULT), server)
        job.create_users()
        job.create_registry()
        job.create_programs()
        job.create_sessions()

        kill_during(server, job.post_logs, matched, "the first scans to be matched")
        job.post_logs()
        job.all_posted()
        kill_during(server, lambda: job.run_cron("match"), writing("spp_session_attendance"), "arrivals to be written")
        job.run_cron("match")
        job.wait_for("scans to be matched", "spp.attendance.scan", [("state", "=", "new")], 0)

        kill_during(server, lambda: job.run_cron("submit"), writing("spp_session_attendance"), "absences to be written")
        job.run_cron("submit")

        kill_during(server, lambda: job.run_cron("filter"), job_started, "a job to start")
        job.run_cron("filter")
        until(lambda: jobs_over(rows, server), "both cycles to be filtered")
        job.wait_for_cycles("compliance_criteria_applied", "=", True)

        job.prepare_entitlements()
        job.redeem()
        kill_during(server, lambda: job.run_cron("end"), job_started, "a job to start")
        job.run_cron("end")
        until(lambda: jobs_over(rows, server), "both cycles to end")
        assert job.figures() == october_figures
