# Part of the SPP attendance suite. LGPL-3.
"""queue_job is no dependency: without it scheduled actions do the same work."""

import pytest
from cryptography.fernet import Fernet

from demo.main_job import MainJob
from demo.scenario import DEFAULT, load
from tests.attendance_fetching import slow_server, survive_two_starts_and_a_kill
from tools import odoo, postgres
from tools.server import Server


@pytest.fixture
def database():
    """Name of a fresh database with the addons and without queue_job, whose schedule is held."""
    template = odoo.template_without_job_runner()
    name = postgres.database_name("e2e_no_jobs")
    odoo.clone(template, name)
    odoo.hold_schedule(name)
    installed = postgres.sql("SELECT state FROM ir_module_module WHERE name = 'queue_job'", database=name)
    assert installed in ([], [["uninstalled"]])
    yield name
    odoo.drop(name)


def test_the_five_addons_alone_come_to_the_same_figures(october_figures, database):
    with Server(database, durable=False) as server:
        assert MainJob(load(DEFAULT), server).run() == october_figures


def test_attendance_servers_are_asked_by_a_scheduled_action(database, rows, until, tmp_path, monkeypatch):
    monkeypatch.setenv("SPP_SECRET_KEY", Fernet.generate_key().decode())
    with slow_server(tmp_path) as attendance, Server(database, durable=True) as server:
        survive_two_starts_and_a_kill(server, attendance, rows, until)
