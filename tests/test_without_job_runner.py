# Part of the SPP attendance suite. LGPL-3.
"""queue_job is no dependency: without it scheduled actions do the same work."""

import pytest
from cryptography.fernet import Fernet

from demo.main_job import MainJob
from demo.scenario import DEFAULT, load
from tests.attendance_fetching import slow_server, survive_two_starts_and_a_kill
from tools import odoo, paths, postgres
from tools.server import Server


@pytest.fixture(scope="module")
def without_jobs():
    """Name of a database with the addons and without queue_job."""
    database = postgres.database_name("e2e_no_jobs")
    odoo.drop(database)
    try:
        postgres.create(database, "template0")
        odoo.install(paths.ADDONS, database)
        installed = postgres.sql(
            "SELECT name FROM ir_module_module WHERE state = 'installed' AND name = 'queue_job'", database=database
        )
        assert installed == []
        yield database
    finally:
        odoo.drop(database)


@pytest.fixture
def database(without_jobs):
    """Name of a fresh copy of it."""
    name = postgres.database_name("e2e_no_jobs_copy")
    odoo.clone(without_jobs, name)
    yield name
    odoo.drop(name)


def test_the_five_addons_alone_come_to_the_same_figures(october_figures, database):
    with Server(database, durable=False) as server:
        assert MainJob(load(DEFAULT), server).run() == october_figures


def test_attendance_servers_are_asked_by_a_scheduled_action(database, rows, until, tmp_path, monkeypatch):
    monkeypatch.setenv("SPP_SECRET_KEY", Fernet.generate_key().decode())
    with slow_server(tmp_path) as attendance, Server(database, durable=True) as server:
        survive_two_starts_and_a_kill(server, attendance, rows, until)
