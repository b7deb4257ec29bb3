# Part of the SPP attendance suite. LGPL-3.
"""Harder conditions for a run of the tests: a machine that is busy with something else, or another date."""

import os
import subprocess
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tools import apt, console, postgres

_MOVED_CLOCK = "faketime"


@contextmanager
def busy():
    """Keep every core of the machine busy meanwhile."""
    burner = [sys.executable, "-S", "-c", "while True: pass"]
    burners = [subprocess.Popen(burner) for _core in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for one in burners:
            one.kill()
            one.wait()


@contextmanager
def moved_to(moment):
    """Let every process that is started meanwhile, PostgreSQL included, believe that it is another moment; time goes on from there.

    :param moment: local time of the machine as text, e.g. "2028-02-29 10:00"
    :raise Failure: when it is no time, or when PostgreSQL is a server that was not started here
    """
    try:
        offset = round((datetime.fromisoformat(moment) - datetime.now()).total_seconds())
    except ValueError:
        raise console.Failure(f"{moment!r} is no time: write it like 2028-02-29 10:00.") from None
    if postgres.external():
        raise console.Failure("the clock of the server named by PGHOST cannot be moved: unset PGHOST and start again.")
    changed = {
        "LD_PRELOAD": str(_library()),
        "FAKETIME": f"{offset:+}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }
    before = {name: os.environ.get(name) for name in changed}
    postgres.stop()
    os.environ.update(changed)
    try:
        postgres.start()
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        postgres.stop()


def _library():
    """What moves the clock of a process; its package is installed at need."""
    for attempt in range(2):
        found = next(Path("/usr/lib").glob(f"*/{_MOVED_CLOCK}/libfaketimeMT.so.1"), None)
        if found or attempt:
            break
        apt.install([_MOVED_CLOCK])
    if not found:
        raise console.Failure(
            f"the Debian package {_MOVED_CLOCK} has no libfaketimeMT.so.1: the clock cannot be moved."
        )
    return found
