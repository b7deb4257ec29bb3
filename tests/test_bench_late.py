# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench late` at a small size: that it works, and what of its figures does not depend on size or machine."""

import json
import subprocess

import pytest

from tools import paths, postgres


@pytest.fixture(scope="module")
def figures(template):
    done = subprocess.run(
        [paths.ROOT / "spp", "bench", "late", "--scans", "200", "--json"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    # it ends with an error when one scan does not reach the ledger
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_queries_do_not_depend_on_the_number_of_scans(figures):
    """But for Odoo's statements per 100 rows: one more for marks, their log and the states of scans."""
    assert figures["queries"] <= 45
    assert 0 <= figures["queries"] - figures["queries_of_a_tenth"] <= 10


def test_plain_sql_was_measured(figures):
    assert figures["time_to_sql_time"] > 0


def test_the_database_is_dropped(figures):
    assert not postgres.exists(postgres.database_name("bench_late"))
