# Part of the SPP attendance suite. LGPL-3.
"""The virtual environment in .spp/venv: what Odoo and the addons need from PyPI."""

import shutil
import sys
from pathlib import Path

from tools import paths
from tools.console import last_match, run, step
from tools.stamps import fingerprint, is_current, stamp

LOG = paths.LOG / "pip.log"


def ensure(*, dev: bool) -> None:
    """Make the environment, or bring it up to date when a requirements file changed.

    :param dev: also install what tests and lint need
    """
    interpreter = fingerprint(sys.version, sys.executable)
    if not is_current("venv", interpreter) or not paths.PYTHON.exists():
        with step("Creating the Python environment"):
            shutil.rmtree(paths.VENV, ignore_errors=True)
            for name in ("requirements", "addons", "dev"):
                stamp(name, None)
            run(
                [sys.executable, "-m", "venv", paths.VENV],
                log=LOG,
                append=False,
                failure="the Python environment could not be created",
            )
            stamp("venv", interpreter)
    _install("requirements", "Installing Python packages", paths.REQUIREMENTS)
    _install("addons", "Installing queue_job", paths.REQUIREMENTS_ADDONS, "--no-deps")
    if dev:
        _install("dev", "Installing test tools", paths.REQUIREMENTS_DEV)


def _install(name: str, title: str, requirements: Path, *options: str) -> None:
    wanted = fingerprint(requirements)
    if is_current(name, wanted):
        return

    def current() -> str:
        found = last_match(LOG, r"^(?:Collecting|Installing collected packages|Downloading) *([\w.-]*)")
        return found[0][:60] if found else ""

    with step(title, current):
        run(
            [paths.PYTHON, "-m", "pip", "install", "--no-cache-dir", "--disable-pip-version-check"]
            + ["--progress-bar", "off", *options, "-r", requirements],
            log=LOG,
            failure=f"pip could not install {requirements.name} (is the package index reachable?)",
        )
    stamp(name, wanted)
