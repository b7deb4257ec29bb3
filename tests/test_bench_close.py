# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench close` at a small size: that it works, and what of its figures does not depend on size or machine."""

import json
import subprocess

import pytest

from tools import paths, postgres

SIZES = (4, 40, 400)


@pytest.fixture(scope="module")
def figures(template):
    done = subprocess.run(
        [paths.ROOT / "spp", "bench", "close", "--entitlements", "400", "--json"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    # it ends with an error when one row of the run, the plain SQL and the baseline differs
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_queries_do_not_depend_on_the_number_of_entitlements(figures):
    assert len({figures[f"{size}_queries_per_chunk"] for size in SIZES}) == 1


def test_entitlements_got_their_states(figures):
    """Four of five change theirs: the others were not redeemed."""
    assert figures["400_changes"] == 320
    assert 0 < figures["4_changes"] < figures["40_changes"] < 40


def test_the_baseline_was_measured(figures):
    assert all(figures[f"{size}_per_record_to_run_time"] > 0 for size in SIZES)


def test_the_database_is_dropped(figures):
    assert not postgres.exists(postgres.database_name("bench_close"))


@pytest.mark.parametrize(
    "arguments", [("roster", "--entitlements", "4000"), ("close", "--entitlements", "1")], ids=" ".join
)
def test_entitlements_are_refused(arguments):
    done = subprocess.run([paths.ROOT / "spp", "bench", *arguments], capture_output=True, text=True)
    assert done.returncode == 2
    assert "--entitlements" in done.stderr
    assert "Traceback" not in done.stderr
