# Part of the SPP attendance suite. LGPL-3.
"""With OpenSPP's job_worker instead of queue_job the same work is done in jobs; its double behaves like it."""

import time
from contextlib import contextmanager
from threading import Event, Thread

import pytest
import requests
from cryptography.fernet import Fernet

from demo.main_job import MainJob
from demo.scenario import DEFAULT, load
from tests.attendance_fetching import slow_server, survive_two_starts_and_a_kill
from tools import odoo, postgres
from tools.rpc import Client, RpcError
from tools.server import Server


@pytest.fixture
def database():
    """Name of a fresh database with the addons and the double of job_worker, whose schedule is held."""
    name = postgres.database_name("e2e_job_worker")
    odoo.clone(odoo.template_without_job_runner(), name)
    odoo.install(["job_worker"], name, "Adding the double of job_worker")
    odoo.hold_schedule(name)
    yield name
    odoo.drop(name)


@contextmanager
def working(server):
    """A worker does meanwhile what jobs are there, through every restart of the server."""
    over = Event()

    def work():
        while not over.is_set():
            try:
                Client(server.url, server.database, "admin", "admin").call("queue.job", "work")
            except (requests.RequestException, RpcError):
                pass  # the server is being restarted
            time.sleep(0.1)

    thread = Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_work_is_enqueued_once_and_done_as_who_asked(database):
    answer = odoo.ask(
        database,
        """
from odoo.addons.spp_integrity import as_system
later, user = env["spp.run.later"], env.ref("base.user_admin")
mine = env["res.users"].with_user(user).browse(user.id)
options = {"identity_key": "spp-test-1", "description": "Test", "cron": "base.autovacuum_job"}
handed = [later._has_job_runner(), *(later._enqueue(mine, "mapped", "login", **options) for _time in range(2))]
later._enqueue(as_system(mine), "mapped", "login", identity_key="spp-test-2")
jobs = env["queue.job"].search([("identity_key", "=like", "spp-test-%")], order="id")
woken = env["ir.cron.trigger"].search_count([("cron_id", "=", env.ref("base.autovacuum_job").id)])
for job in jobs:
    job._perform()
answer = {"handed": handed, "woken": woken, "jobs": [[j.name, j.user_id.login, j.state, j.result or j.exc_info] for j in jobs]}
""",
    )
    assert answer == {
        "handed": [True, True, True],
        "woken": 0,
        "jobs": [
            ["Test", "admin", "done", "['admin']"],
            ["res.users.mapped", "admin", "done", "['admin']"],
        ],
    }


def test_the_main_job_comes_to_the_same_figures(october_figures, database, rows):
    with Server(database, durable=False) as server, working(server):
        assert MainJob(load(DEFAULT), server).run() == october_figures
        assert rows(server, "SELECT count(*) FROM queue_job WHERE state = 'failed'") == [(0,)]
        assert rows(server, "SELECT DISTINCT method_name FROM queue_job ORDER BY 1") == [
            ("_job_end",),
            ("_job_filter_by_attendance",),
        ]


def test_attendance_servers_are_asked_in_jobs(database, rows, until, tmp_path, monkeypatch):
    monkeypatch.setenv("SPP_SECRET_KEY", Fernet.generate_key().decode())
    with slow_server(tmp_path) as attendance, Server(database, durable=True) as server, working(server):
        survive_two_starts_and_a_kill(server, attendance, rows, until)
        states = "SELECT DISTINCT state FROM queue_job WHERE method_name = '_job_fetch'"
        until(lambda: rows(server, states) == [("done",)], "the jobs to end")
