# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench compliance` at a small size: that it works, and what of its figures does not depend on size or machine."""

import json
import subprocess

import pytest

from tools import paths, postgres

SIZES = (4, 40, 400)


@pytest.fixture(scope="module")
def figures(template):
    done = subprocess.run(
        [paths.ROOT / "spp", "bench", "compliance", "--members", "400", "--json"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    # it ends with an error when one row of the engine, the plain SQL and the baseline differs
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kind", ["individual", "group"])
@pytest.mark.parametrize("task", ["decide", "apply"])
def test_queries_do_not_depend_on_the_number_of_members(figures, kind, task):
    assert len({figures[f"{kind}_{size}_{task}_queries"] for size in SIZES}) == 1


def test_everybody_was_filtered(figures):
    assert [figures[f"individual_{size}_members"] for size in SIZES] == [4, 40, 400]
    assert [figures[f"group_{size}_members"] for size in SIZES] == [1, 10, 100]


@pytest.mark.parametrize("kind", ["individual", "group"])
@pytest.mark.parametrize("run", ["first", "again"])
def test_the_baseline_was_measured(figures, kind, run):
    assert all(figures[f"{kind}_{size}_{run}_per_record_to_engine_time"] > 0 for size in SIZES)


def test_the_database_is_dropped(figures):
    assert not postgres.exists(postgres.database_name("bench_compliance"))


@pytest.mark.parametrize("arguments", [("roster", "--members", "4000"), ("compliance", "--members", "1")], ids=" ".join)
def test_members_are_refused(arguments):
    done = subprocess.run([paths.ROOT / "spp", "bench", *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--members" in done.stderr
    assert "Traceback" not in done.stderr
