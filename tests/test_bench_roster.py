# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench roster` at a small size: that it works, and what of its figures does not depend on size or machine."""

import json
import subprocess

import pytest

from tools import paths, postgres


@pytest.fixture(scope="module")
def figures(template):
    done = subprocess.run(
        [paths.ROOT / "spp", "bench", "roster", "--marks", "4000", "--json"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_queries_do_not_depend_on_the_size_of_a_register(figures):
    assert figures["open_40_queries"] == figures["open_400_queries"]
    # Odoo inserts 100 marks in one statement: four for 400 people, one for 40
    assert figures["submit_400_queries"] - figures["submit_40_queries"] == 3


def test_rates_are_one_query(figures):
    assert [figures[f"{name}_queries"] for name in ("rate", "counts", "forecast")] == [1, 1, 2]


def test_everybody_has_a_rate(figures):
    """They equal those of the SQL by hand, or the workload had ended with an error."""
    assert (figures["marks"], figures["sessions"], figures["people"]) == (4000, 100, 80)
    assert figures["people_with_rate"] == 80


def test_every_list_was_opened(figures):
    lists = ("sessions", "attendance", "rosters", "session_types", "sessions_by_state", "attendance_by_status")
    lists += ("latest_roster",)
    assert all(figures[f"list_{name}_many_to_few"] > 0 for name in lists)


def test_the_database_is_dropped(figures):
    assert not postgres.exists(postgres.database_name("bench_roster"))


@pytest.mark.parametrize("arguments", [("ingest", "--marks", "4000"), ("roster", "--marks", "1")], ids=" ".join)
def test_marks_are_refused(arguments):
    done = subprocess.run([paths.ROOT / "spp", "bench", *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--marks" in done.stderr
    assert "Traceback" not in done.stderr
