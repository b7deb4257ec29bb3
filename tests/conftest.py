# Part of the SPP attendance suite. LGPL-3.
"""Real servers for the end-to-end tests, each on a database of its own that is dropped afterwards.

Run with `./spp test --e2e`.
"""

import os
import re
import time
from contextlib import contextmanager

import pytest

from tools import odoo, paths, postgres
from tools.main_job import MainJob
from tools.rpc import Client
from tools.scenario import load
from tools.server import Server

if "_template_" in os.environ.get("SPP_TEST_DB", ""):
    # `./spp test` names the server in PGHOST, which must not change how the databases on it are called
    os.environ.setdefault("SPP_DB_PREFIX", os.environ["SPP_TEST_DB"].partition("_template_")[0])

_WAIT_SECONDS = 180
_BAD_LOG_LINE = re.compile(r"^\S+ \S+ \d+ (?:ERROR|CRITICAL) .*", re.MULTILINE)


@pytest.fixture(scope="session")
def template():
    """Name of a database with every module installed, never opened by a server."""
    return odoo.template_database()


@pytest.fixture(scope="session")
def serve(template):
    """Context manager: a running two-worker server on a fresh database.

    What the server's log says in the end is a part of every test: an error in it fails the test, unless it is expected.
    """

    @contextmanager
    def running(purpose, *, errors_expected=False, durable=False):
        database = postgres.database_name(f"e2e_{purpose}")
        log = paths.LOG / f"e2e-{purpose}.log"
        log.unlink(missing_ok=True)
        odoo.clone(template, database)
        try:
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
def sign_in():
    """Function: a signed-in user of a server, whose password is the login."""
    return lambda server, login="admin": Client(server.url, server.database, login, login)
