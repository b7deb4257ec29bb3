# Part of the SPP attendance suite. LGPL-3.
"""Find Odoo 19: the one named by SPP_ODOO, an installed one, else Debian's package, unpacked into .spp/odoo."""

import json
import os
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools import apt, paths
from tools.console import Failure, capture

SUITE = "unstable"
# Debian's odoo-19 links to the files of these packages instead of shipping them.
PACKAGES = [
    "odoo-19",
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "fonts-ocr-b",
]
_RECORD = paths.ODOO / "odoo.json"
_UNPACKED = paths.ODOO / "root"


def _version(folder: Path) -> str | None:
    """The version of the Odoo in a folder that holds the Python package `odoo`, or None."""
    release = folder / "odoo" / "release.py"
    return runpy.run_path(str(release))["version"] if release.is_file() else None


def _installed() -> Iterator[Path]:
    """Folders of Python packages on this machine in which an `odoo` may be."""
    yield Path("/usr/lib/python3/dist-packages")
    for name in ("odoo", "odoo-bin"):
        program = shutil.which(name)
        first_line = open(program, "rb").readline(200) if program else b""
        if not first_line.startswith(b"#!"):
            continue
        interpreter = first_line[2:].decode().split()
        found = capture([*interpreter, "-c", "import odoo.release; print(odoo.release.__file__)"])
        if found:
            yield Path(found.strip()).parent.parent


def _named(value: str) -> Path:
    """The folder to put on PYTHONPATH for the value of SPP_ODOO."""
    folder = Path(value).expanduser().resolve()
    candidates = [folder, folder.parent, folder / "lib/python3/dist-packages", folder / "usr/lib/python3/dist-packages"]
    for candidate in candidates:
        if version := _version(candidate):
            if version.startswith("19."):
                return candidate
            raise Failure(f"SPP_ODOO points at Odoo {version}, but Odoo 19 is needed: change or unset it.")
    raise Failure(f"SPP_ODOO is {value}, but there is no Odoo in it: name a checkout of Odoo 19 or unset it.")


def _find() -> Path | None:
    if named := os.environ.get("SPP_ODOO"):
        return _named(named)
    for folder in _installed():
        if (_version(folder) or "").startswith("19."):
            return folder
    return None


def ensure() -> None:
    """Find or fetch Odoo 19 and record where it is."""
    folder = _find()
    if folder is None:
        folder = _UNPACKED / "usr/lib/python3/dist-packages"
        if not _version(folder):
            apt.unpack(PACKAGES, SUITE, _UNPACKED)
    python_path = folder
    if any(not info.name.startswith("odoo") for info in folder.glob("*-info")):
        # A folder shared with other packages: only `odoo` may come before what is in the venv.
        python_path = paths.ODOO / "only"
        python_path.mkdir(parents=True, exist_ok=True)
        link = python_path / "odoo"
        link.unlink(missing_ok=True)
        link.symlink_to(folder / "odoo")
    # An installed package has everything in odoo/addons; a checkout has most of it in addons/.
    addons = [python_path / "odoo" / "addons"]
    if not (addons[0] / "web").is_dir():
        addons.append(python_path / "addons")
    if not (addons[-1] / "web").is_dir():
        raise Failure(f"the Odoo in {folder} has no addon 'web': it is incomplete, install it anew or set SPP_ODOO.")
    record = {
        "python_path": str(python_path),
        "addons": [str(path) for path in addons],
        "version": _version(folder),
    }
    _RECORD.parent.mkdir(parents=True, exist_ok=True)
    if not _RECORD.exists() or json.loads(_RECORD.read_text()) != record:
        _RECORD.write_text(json.dumps(record, indent=2))


def installation() -> dict[str, Any]:
    """What `ensure` recorded: `python_path`, `addons` (list of folders), `version`."""
    return json.loads(_RECORD.read_text())
