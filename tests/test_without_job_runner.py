# Part of the SPP attendance suite. LGPL-3.
"""queue_job is no dependency: without it scheduled actions do the same work."""

from tools import odoo, paths, postgres
from tools.main_job import MainJob
from tools.scenario import DEFAULT, load
from tools.server import Server


def test_the_five_addons_alone_come_to_the_same_figures(october_figures):
    database = postgres.database_name("e2e_no_jobs")
    odoo.drop(database)
    try:
        postgres.create(database, "template0")
        odoo.install(paths.ADDONS, database)
        installed = postgres.sql(
            "SELECT name FROM ir_module_module WHERE state = 'installed' AND name = 'queue_job'", database=database
        )
        assert installed == []
        with Server(database, durable=False) as server:
            assert MainJob(load(DEFAULT), server).run() == october_figures
    finally:
        odoo.drop(database)
