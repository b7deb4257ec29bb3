# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench fetch` at a small size: that it works, and what of its figures does not depend on size or machine."""

import json
import subprocess

import pytest

from tools import paths, postgres

SIZES = (200, 2000)


@pytest.fixture(scope="module")
def figures(template):
    done = subprocess.run(
        [paths.ROOT / "spp", "bench", "fetch", "--people", "2000", "--json"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    # it ends with an error when the ledger is not what the server said
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_everybody_was_fetched(figures):
    assert [figures[f"{size}_facts"] for size in SIZES] == [12 * size for size in SIZES]


@pytest.mark.parametrize("run", ["first", "again"])
def test_queries_of_a_chunk_do_not_depend_on_how_many_people_there_are(figures, run):
    assert len({figures[f"{size}_{run}_queries_per_chunk"] for size in SIZES}) == 1


def test_what_is_not_new_is_neither_read_nor_written(figures):
    assert [figures[f"{size}_again_read"] for size in SIZES] == [0, 0]
    for size in SIZES:
        assert figures[f"{size}_again_queries_per_chunk"] < figures[f"{size}_first_queries_per_chunk"]


def test_memory_stays(figures):
    assert all(figures[f"{size}_memory_growth_mb"] <= 200 for size in SIZES)


def test_the_database_is_dropped(figures):
    assert not postgres.exists(postgres.database_name("bench_fetch"))


@pytest.mark.parametrize("arguments", [("compliance", "--people", "2000"), ("fetch", "--people", "10")], ids=" ".join)
def test_people_are_refused(arguments):
    done = subprocess.run([paths.ROOT / "spp", "bench", *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--people" in done.stderr
    assert "Traceback" not in done.stderr
