# Part of the SPP attendance suite. LGPL-3.
"""Scenario files: what is wrong with one is said in one plain sentence that names the key."""

import os
import subprocess
from datetime import date, time
from decimal import Decimal

import pytest

from demo.scenario import DEFAULT, load
from tools import paths
from tools.console import Failure

GOOD = {
    "month": '"2025-10"',
    "enrolment_days": "5",
    "required_percentage": "80",
    "amount": '"30000"',
    "currency": '"IDR"',
    "redemption": '[["1"], ["0.6", "0.4"], []]',
}
GOOD_TERMINAL = {
    "serial": '"101"',
    "log": '"scans.dat"',
    "time_zone": '"Asia/Jakarta"',
    "session_start": '"06:00:00"',
    "session_end": '"12:00:00"',
    "checkin_from": '"04:30:00"',
    "checkin_until": '"12:00:00"',
    "grace_minutes": "5",
}
BAD = {
    "month": ['""', '"2025-13"', '"October 2025"', '"2025-10-01"', "202510", '"0001-01"', '"2199-01"', "2025-10-01"],
    "enrolment_days": ["0", "-1", "2.5", '"5"', "true", "nan", "inf", "[]"],
    "required_percentage": ["-1", "100.5", '"most"', "true", "nan", "inf", "[]"],
    "amount": ['"0"', "-5", '"lots"', '"NaN"', '"Infinity"', "inf", "true", "[]"],
    "currency": ['"idr"', '"RUPIAH"', '"I1R"', '""', "5"],
    "redemption": ["[]", '[["2"]]', '[["-0.5"]]', '[["half"]]', '[["0.6", "0.6"]]', '[["nan"]]', '"half"', "5", "[1]"],
}
BAD_TERMINAL = {
    "serial": ['""', '"a b"', '"../101"', "true", "1.5", "[]"],
    "log": ['""', '"missing.dat"', '"."', "5"],
    "time_zone": ['""', '"Mars/Base"', '"Asia"', '"../UTC"', "7", "[]"],
    "session_start": ['"25:00:00"', '"six"', '""', "6", '"06:00:00+07:00"'],
    "session_end": ['"12:60:00"', "[]", '"05:00:00"'],
    "checkin_from": ['"24:00:01"', "4.5"],
    "checkin_until": ['"noon"', "true"],
    "grace_minutes": ["-1", '"5"', "true", "nan", "inf"],
}


def write(folder, top=(), terminals=({},)):
    """A scenario file in which only what is given differs from a good one; None leaves a key out."""
    (folder / "scans.dat").write_text("        1\t2025-10-01 06:00:00\t1\t0\t1\t0\n")
    lines = [f"{key} = {value}" for key, value in {**GOOD, **dict(top)}.items() if value is not None]
    for terminal in terminals:
        values = {**GOOD_TERMINAL, **terminal}
        lines += ["[[terminals]]"] + [f"{key} = {value}" for key, value in values.items() if value is not None]
    path = folder / "scenario.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def refusal(path):
    with pytest.raises(Failure) as caught:
        load(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert str(path) in sentence
    return sentence


def cases(bad):
    return [(key, value) for key, values in bad.items() for value in [None, *values]]


def test_good_values_are_read(tmp_path):
    scenario = load(write(tmp_path))
    assert (scenario.first_day, scenario.last_day) == (date(2025, 10, 1), date(2025, 10, 31))
    assert scenario.title == "October 2025"
    assert (scenario.enrolment_days, scenario.required_percentage) == (5, 80)
    assert (scenario.amount, scenario.currency) == (30000, "IDR")
    assert scenario.redemption == [[Decimal(1)], [Decimal("0.6"), Decimal("0.4")], []]
    (terminal,) = scenario.terminals
    assert (terminal.serial, terminal.time_zone, terminal.grace_minutes) == ("101", "Asia/Jakarta", 5)
    assert (terminal.session_start, terminal.checkin_from) == (time(6), time(4, 30))
    assert terminal.log == tmp_path / "scans.dat"


@pytest.mark.parametrize(
    ("month", "last_day"),
    [("2024-02", date(2024, 2, 29)), ("2025-02", date(2025, 2, 28)), ("2024-12", date(2024, 12, 31))],
)
def test_last_day_of_the_month(tmp_path, month, last_day):
    assert load(write(tmp_path, {"month": f'"{month}"'})).last_day == last_day


def test_default_scenario_is_the_real_log_of_october():
    scenario = load(DEFAULT)
    assert scenario.title == "October 2025"
    assert {terminal.serial: len(terminal.scans()) for terminal in scenario.terminals} == {"101": 21408, "200": 31772}


@pytest.mark.parametrize(("key", "value"), cases(BAD))
def test_bad_value(tmp_path, key, value):
    assert key in refusal(write(tmp_path, {key: value}))


@pytest.mark.parametrize(("key", "value"), cases(BAD_TERMINAL))
def test_bad_value_of_a_terminal(tmp_path, key, value):
    sentence = refusal(write(tmp_path, terminals=[{}, {"serial": '"200"', key: value}]))
    assert key in sentence
    assert "terminal 2" in sentence or "terminal 200" in sentence


def test_current_month_is_refused(tmp_path):
    assert "not over yet" in refusal(write(tmp_path, {"month": f'"{date.today():%Y-%m}"'}))


@pytest.mark.parametrize("terminals", [[], [{}, {}]], ids=["none", "same serial twice"])
def test_list_of_terminals(tmp_path, terminals):
    assert "[[terminals]]" in refusal(write(tmp_path, terminals=terminals))


@pytest.mark.parametrize("value", ["5", '"101"', '["101"]', "{}", '{serial = "101"}'])
def test_terminals_that_are_no_tables(tmp_path, value):
    assert "[[terminals]]" in refusal(write(tmp_path, {"terminals": value}, terminals=[]))


@pytest.mark.parametrize("content", [b"", b"month = \n", b"month = '2025-10", b"\xff\xfem\x00", b"\x89PNG"], ids=repr)
def test_files_that_are_no_scenario(tmp_path, content):
    path = tmp_path / "scenario.toml"
    path.write_bytes(content)
    refusal(path)


@pytest.mark.parametrize(
    ("name", "part"),
    [("missing.toml", "no scenario file"), (".", "no scenario file"), ("scenario.toml", "enrolment_days")],
)
def test_command_says_one_sentence(tmp_path, name, part):
    write(tmp_path, {"enrolment_days": '"many"'})
    done = subprocess.run(
        [paths.PYTHON, "-P", "-m", "demo", "--scenario", tmp_path / name, "--once", "--json"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(paths.ROOT)},
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("spp: ")
    assert part in sentence
