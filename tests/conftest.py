# Part of the SPP attendance suite. LGPL-3.
"""Real servers for the end-to-end tests, each on a database of its own that is dropped afterwards.

Run with `./spp test --e2e`.
"""

import importlib.util
import json
import os
import re
import sys
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from demo.main_job import MainJob
from demo.scenario import load
from doubles.attendance_server_process import CLIENT_ID, CLIENT_SECRET, AttendanceServerProcess, odd_people, people
from tests.grouping import process_group
from tools import odoo, paths, postgres
from tools.database import connect as connect_to_database
from tools.rpc import Client
from tools.server import Server

if "_template_" in os.environ.get("SPP_TEST_DB", ""):
    # `./spp test` names the server in PGHOST, which must not change how the databases on it are called
    os.environ.setdefault("SPP_DB_PREFIX", os.environ["SPP_TEST_DB"].partition("_template_")[0])

_OFFICE = """
month = "2025-10"
enrolment_days = 5
required_percentage = 80
amount = "10"
currency = "EUR"
redemption = [["1"]]
[[terminals]]
serial = "T1"
log = "t1.dat"
time_zone = "Asia/Jakarta"
session_start = "08:00"
session_end = "12:00"
checkin_from = "07:00"
checkin_until = "10:00"
grace_minutes = 5
"""
_WAIT_SECONDS = 180
# Odoo writes a query that met a concurrent one into its log as an error, before it tries again or refuses.
_CONCURRENT = r"could not serialize access|duplicate key value violates unique constraint"
_BAD_LOG_LINE = re.compile(
    rf"^\S+ \S+ \d+ (?:ERROR|CRITICAL) (?!.* bad query: .*\nERROR: (?:{_CONCURRENT})).*", re.MULTILINE
)


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "apart: the tests of the file share nothing, so that they may run in different processes"
    )


def pytest_collection_modifyitems(items):
    """Begin with the tests that took longest, together with those they share a server with."""
    seconds = Path(os.environ.get("SPP_TEST_SECONDS", ""))
    known = json.loads(seconds.read_text()) if seconds.is_file() else {}
    took = defaultdict(float)
    for item in items:
        took[process_group(item.nodeid)] += known.get(f"{item.module.__name__}.{item.name}", 0)
    items.sort(key=lambda item: (-took[process_group(item.nodeid)], process_group(item.nodeid)))


def pytest_xdist_make_scheduler(config, log):
    """Tests that share a server run in one process."""
    from xdist.scheduler import LoadScopeScheduling

    class ByServer(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            return process_group(nodeid)

    return ByServer(config, log)


@pytest.fixture(scope="session")
def template():
    """Name of a database with every module installed, never opened by a server."""
    return os.environ.get("SPP_TEST_DB") or odoo.template_database()


@pytest.fixture(scope="session")
def serve(template):
    """Context manager: a running two-worker server on a fresh database.

    What the server's log says in the end is a part of every test: an error in it fails the test, unless it is expected.
    `modules` are installed beside our own. No scheduled action begins by itself: a test that wants one starts it.
    """

    @contextmanager
    def running(purpose, *, errors_expected=False, durable=False, modules=()):
        database = postgres.database_name(f"e2e_{purpose}")
        log = paths.LOG / f"e2e-{purpose}.log"
        log.unlink(missing_ok=True)
        odoo.clone(template, database)
        try:
            if modules:
                odoo.install(modules, database)
            odoo.hold_schedule(database)
            with Server(database, log=log, durable=durable) as server:
                yield server
            problems = [] if errors_expected else _BAD_LOG_LINE.findall(log.read_text(errors="replace"))
            assert not problems, f"{log}: {problems[0]}"
        finally:
            odoo.drop(database)

    return running


@pytest.fixture(scope="session")
def run_main_job(serve):
    """Function: the main job on a scenario file, from an empty database to closed cycles; returns its figures."""

    def run(scenario_file, purpose):
        with serve(purpose) as server:
            return MainJob(load(scenario_file), server).run()

    return run


@pytest.fixture(scope="session")
def until():
    """Function: wait until a condition holds and return its value; fails after three minutes."""

    def wait(condition, what):
        deadline = time.monotonic() + _WAIT_SECONDS
        while not (value := condition()):
            assert time.monotonic() < deadline, f"waited {_WAIT_SECONDS} s in vain for {what}"
            time.sleep(0.02)
        return value

    return wait


@pytest.fixture(scope="session")
def rows():
    """Function: what an SQL query on a server's database returns, past Odoo and its caches."""

    def query(server, statement, *parameters):
        connection = connect_to_database(server.database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall()
        finally:
            connection.close()

    return query


@pytest.fixture(scope="session")
def office(serve, tmp_path_factory):
    """A running server with users, a cycle, October's sessions at 08:00 and the terminal T1 with PINs 1 and 2.

    :return: MainJob whose steps up to the posting of scans are done; `server`, `admin`, `manager` are its attributes
    """
    folder = tmp_path_factory.mktemp("office")
    (folder / "t1.dat").write_text(
        "".join(f"{pin}\t2025-09-{day:02} 08:00:00\t1\t0\t1\t0\n" for day in range(1, 6) for pin in (1, 2))
    )
    (folder / "scenario.toml").write_text(_OFFICE)
    with serve("office") as server:
        job = MainJob(load(folder / "scenario.toml"), server)
        job.create_users()
        job.create_registry()
        job.create_programs()
        job.create_sessions()
        yield job


@pytest.fixture(scope="session")
def sign_in():
    """Function: a signed-in user of a server, whose password is the login."""
    return lambda server, login: Client(server.url, server.database, login, login)


@pytest.fixture(scope="session")
def attendance_clients():
    """The package `clients` of spp_attendance_server, loaded without Odoo."""
    path = paths.addon_dir("spp_attendance_server") / "clients" / "__init__.py"
    spec = importlib.util.spec_from_file_location("attendance_clients", path)
    package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    return package


@pytest.fixture(scope="session")
def connect(attendance_clients):
    """Function: a client of a running attendance server; more keyword arguments go to it."""

    def client(server, **settings):
        settings = {"allow_http": True, "backoff_seconds": 0.01, "read_timeout": 10, **settings}
        return attendance_clients.AttendanceServerClient(server.url, CLIENT_ID, CLIENT_SECRET, **settings)

    return client


@pytest.fixture(scope="session")
def _attendance_servers(tmp_path_factory):
    with ExitStack() as running:
        yield {
            generation: running.enter_context(
                AttendanceServerProcess(
                    tmp_path_factory.mktemp("attendance") / f"{generation}.jsonl",
                    generation=generation,
                    people=[*people(30), *odd_people()],
                )
            )
            for generation in ("S1", "S2")
        }


@pytest.fixture(params=["S1", "S2"])
def attendance_server(request, _attendance_servers):
    """A running double of an attendance server with 30 ordinary and some odd people, once of each generation.

    Tests share the process, so they change nothing in it but faults, which end with the test.
    """
    server = _attendance_servers[request.param]
    server.forget_requests()
    yield server
    server.faults()


@pytest.fixture(scope="session")
def october_figures():
    """What the main job must come to for the default scenario; these figures are known from elsewhere."""
    return {
        "scans": 3265,
        "enrolled": 55,
        "unmatched_scans": 100,
        "sessions": 62,
        "rows": 1705,
        "present": 1144,
        "late": 202,
        "absent": 359,
        "compliant": 45,
        "compliant_by_terminal": {"101": 23, "200": 22},
        "entitled_amount": 1350000,
        "redeemed": 27,
        "partially_redeemed": 9,
        "unredeemed": 9,
        "cycle_state": "ended",
        "new_after_replay": 0,
    }
