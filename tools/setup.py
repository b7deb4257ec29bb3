# Part of the SPP attendance suite. LGPL-3.
"""Set-up: everything a command needs, made once and kept in .spp/. Standard library only."""

import fcntl
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tools import apt, console, odoo_source, paths, postgres, python_env

_NEEDS_TEST_TOOLS = {"test", "lint"}


@contextmanager
def lock(name: str) -> Iterator[None]:
    """Let one process at a time do a piece of set-up; the others wait for it."""
    paths.RUN.mkdir(parents=True, exist_ok=True)
    with open(paths.RUN / f"{name}.lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("Waiting for another ./spp in this checkout ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def ensure(dev: bool = False) -> None:
    """Set up packages, Odoo, the Python environment and PostgreSQL; quick when all is there.

    :param dev: also what tests and lint need (a browser, ruff, pytest and so on)
    :raise Failure: with one sentence on what went wrong and what to do
    """
    paths.LOG.mkdir(parents=True, exist_ok=True)
    with lock("setup"):
        apt.ensure_host_packages(for_tests=dev, own_postgres=not postgres.external())
        odoo_source.ensure()
        python_env.ensure(dev=dev)
        postgres.start()


if __name__ == "__main__":
    console.main(lambda: ensure(dev=bool(_NEEDS_TEST_TOOLS & set(sys.argv[1:]))))
