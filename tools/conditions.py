# Part of the SPP attendance suite. LGPL-3.
"""Harder conditions for a run of the tests: a machine that is busy with something else, or another date."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tools import apt, console, paths, postgres

_SOURCE = Path(__file__).with_name("moved_clock.c")
_LOG = paths.LOG / "moved_clock.log"


@contextmanager
def busy() -> Iterator[None]:
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
def moved_to(moment: str) -> Iterator[None]:
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
    changed = {"LD_PRELOAD": str(moved_clock()), "MOVED_CLOCK_SECONDS": str(offset)}
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


def moved_clock() -> Path:
    """The library that moves the clock of a process that loads it first, compiled at need.

    The ready-made libfaketime 0.9.10 also answers for the clocks that measure durations, and Python 3.11 does not
    get along with its answers.

    :return: path of the library; it reads MOVED_CLOCK_SECONDS
    :raise Failure: when it cannot be compiled
    """
    library = paths.RUN / "moved_clock.so"
    if library.exists() and library.stat().st_mtime > _SOURCE.stat().st_mtime:
        return library
    if not shutil.which("cc"):
        apt.install(["gcc", "libc6-dev"])
    library.parent.mkdir(parents=True, exist_ok=True)
    console.run(
        ["cc", "-shared", "-fPIC", "-O2", "-o", library, _SOURCE],
        log=_LOG,
        failure="the library that moves the clock cannot be compiled",
    )
    library.chmod(0o755)
    return library
