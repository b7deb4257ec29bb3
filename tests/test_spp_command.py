# Part of the SPP attendance suite. LGPL-3.
"""The command line itself: help, unknown commands, unknown options."""

import subprocess

import pytest

from tools import paths

COMMANDS = ("demo", "serve", "shell", "test", "lint", "bench")


def spp(*arguments):
    return subprocess.run([paths.ROOT / "spp", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",), ("help",)], ids=" ".join)
def test_help_names_every_command(arguments):
    done = spp(*arguments)
    assert done.returncode == 0
    assert done.stderr == ""
    described = {line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and line[2] != " "}
    assert set(COMMANDS) <= described


@pytest.mark.parametrize("name", ["dance", "Demo", "--version", "demo; true"])
def test_unknown_command(name):
    done = spp(name)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == f"spp: there is no command '{name}'."


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "shell"])
def test_each_command_has_its_own_help(command):
    done = spp(command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: ./spp {command} ")


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "shell"])
def test_unknown_option(command):
    done = spp(command, "--nonsense")
    assert done.returncode == 2
    assert "--nonsense" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_workload():
    done = spp("bench", "dancing")
    assert done.returncode == 2
    assert "'dancing'" in done.stderr
    assert "Traceback" not in done.stderr


def test_bench_lists_its_workloads():
    done = spp("bench")
    assert done.returncode == 0
    assert "ingest" in [line.split()[0] for line in done.stdout.splitlines()]
