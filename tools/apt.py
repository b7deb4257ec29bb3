# Part of the SPP attendance suite. LGPL-3.
"""Debian packages: installed on the machine, or only unpacked into a folder of ours."""

import ctypes.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tools import paths
from tools.console import Failure, capture, run, say, shown, step

LOG = paths.LOG / "apt.log"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

#: The browsers Odoo looks for in its tests, best first.
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def _unpacked(package: str) -> bool:
    status = capture(["dpkg-query", "-W", "-f", "${db:Status-Status}", package])
    return status == "installed"


def _missing(for_tests: bool, own_postgres: bool) -> Iterator[str]:
    from tools import postgres

    if own_postgres and not postgres.binaries():
        yield "postgresql"
    if not own_postgres and not shutil.which("psql"):
        yield "postgresql-client"
    if not shutil.which("wkhtmltopdf"):
        yield "wkhtmltopdf"
    if not ctypes.util.find_library("magic"):
        yield "libmagic1"
    yield from (font for font in ("fonts-dejavu-core", "fonts-liberation") if not _unpacked(font))
    if for_tests and not any(map(shutil.which, BROWSERS)):
        yield "chromium"


def _as_root() -> list[str] | None:
    """How to become root, or None."""
    if os.geteuid() == 0:
        return []
    return ["sudo"] if shutil.which("sudo") else None


def install(packages: list[str]) -> None:
    """Install packages on this machine with apt.

    :raise Failure: when apt cannot, with the packages to install by hand
    """
    names = " ".join(packages)
    as_root = _as_root()
    if as_root is None or not shutil.which("apt-get"):
        raise Failure(f"these Debian packages are missing: as root, run 'apt-get install {names}' and start again.")
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    with step(f"Installing {names} with apt"):
        LOG.parent.mkdir(parents=True, exist_ok=True)
        with open(LOG, "ab") as log:  # an unreachable third party source must not stop us: install will tell
            subprocess.call([*as_root, "apt-get", "update"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        if "wkhtmltopdf" in packages and not _has_candidate("wkhtmltopdf"):
            say("This Debian release has no wkhtmltopdf: all works but printing PDF reports.")
            packages = [package for package in packages if package != "wkhtmltopdf"]
        run(
            [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends"]
            + ["-o", "DPkg::Lock::Timeout=300", *packages],
            log=LOG,
            failure=f"apt could not install {' '.join(packages)}",
            env=environment,
        )


def _has_candidate(package: str) -> bool:
    policy = capture(["apt-cache", "policy", package], env={**os.environ, "LC_ALL": "C"}) or ""
    return "Candidate:" in policy and "Candidate: (none)" not in policy


def ensure_host_packages(*, for_tests: bool, own_postgres: bool) -> None:
    """Install what Odoo needs from this machine: PostgreSQL, PDF printing, fonts; a browser for tests.

    wkhtmltopdf has left newer Debian releases; where there is none, PDF reports are the one thing missing.
    """
    missing = list(_missing(for_tests, own_postgres))
    if missing == ["wkhtmltopdf"] and not _has_candidate("wkhtmltopdf"):
        return
    if missing:
        install(missing)


def _mirror() -> str:
    """The Debian archive this machine takes its packages from."""
    for attempt in range(2):
        targets = capture(["apt-get", "indextargets", "--format", "$(REPO_URI)\t$(LABEL)\t$(COMPONENT)\t$(CODENAME)"])
        for target in (targets or "").splitlines():
            address, label, component, codename = target.split("\t")
            if label == "Debian" and component == "main" and "-" not in codename:
                return address
        as_root = _as_root()
        if attempt or as_root is None:
            break
        run([*as_root, "apt-get", "update"], log=LOG, failure="apt could not refresh its package lists")
    raise Failure(
        "apt names no Debian archive to take Odoo from: set SPP_ODOO to an Odoo 19 checkout, "
        "or add Debian's main archive to apt's sources, and start again."
    )


def unpack(packages: list[str], suite: str, target: Path) -> None:
    """Unpack packages of another Debian suite into a folder, without touching the machine's own suites.

    apt runs with a sources list, lists and cache of its own and verifies all with Debian's archive keyring.
    Whatever was downloaded is deleted after unpacking.
    """
    if not shutil.which("dpkg") or not shutil.which("apt-get"):
        raise Failure("this machine has no apt to take Odoo from: set SPP_ODOO to an Odoo 19 checkout and start again.")
    if not KEYRING.exists():
        install(["debian-archive-keyring"])
    own = paths.STATE / "apt"
    shutil.rmtree(own, ignore_errors=True)
    for folder in ("lists/partial", "cache/archives/partial", "debs"):
        (own / folder).mkdir(parents=True)
    (own / "status").touch()
    (own / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} {suite} main\n")
    options = {
        "Dir::Etc::sourcelist": own / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "Dir::State": own,
        "Dir::State::lists": own / "lists",
        "Dir::State::status": own / "status",
        "Dir::Cache": own / "cache",
        "Acquire::Languages": "none",
        "APT::Update::Error-Mode": "any",  # an unreachable mirror is an error, not a warning
    }
    if os.geteuid() == 0:  # apt's own user may not be able to reach the checkout
        options["APT::Sandbox::User"] = "root"
    apt_get = ["apt-get"] + [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
    advice = "check the network and apt's sources"
    with step(f"Reading the package list of Debian {suite}"):
        run([*apt_get, "update"], log=LOG, failure=f"apt could not read Debian {suite} ({advice})")
    sizes = capture([*apt_get, "download", "--print-uris", *packages], cwd=own / "debs")
    if not sizes:
        raise Failure(f"Debian {suite} offers not all of {' '.join(packages)}: set SPP_ODOO to an Odoo 19 checkout.")
    total = sum(int(line.split()[2]) for line in sizes.splitlines()) / 1e6

    def downloaded() -> str:
        with suppress(FileNotFoundError):  # apt has just renamed a file
            here = sum(file.stat().st_size for file in (own / "debs").iterdir()) / 1e6
            return f"{here:.0f} of {total:.0f} MB"
        return ""

    with step(f"Downloading Odoo 19 from Debian {suite}", downloaded):
        run(
            [*apt_get, "download", *packages],
            log=LOG,
            failure=f"apt could not download Odoo ({advice})",
            cwd=own / "debs",
        )
    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with step("Unpacking Odoo 19"):
        for package in sorted((own / "debs").glob("*.deb")):
            run(
                ["dpkg", "-x", package, fresh],
                log=LOG,
                failure=f"{shown(package)} could not be unpacked (is the disk full?)",
            )
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    shutil.rmtree(own)
