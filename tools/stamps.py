# Part of the SPP attendance suite. LGPL-3.
"""A stamp per step of set-up: the fingerprint of what went in. The same fingerprint again means nothing to do."""

import hashlib
from pathlib import Path

from tools import paths


def fingerprint(*inputs: object) -> str:
    """A short hash of texts and of the contents of files."""
    digest = hashlib.sha256()
    for item in inputs:
        data = item.read_bytes() if isinstance(item, Path) else str(item).encode()
        digest.update(b"%d:" % len(data) + data)
    return digest.hexdigest()[:12]


def is_current(name: str, wanted: str) -> bool:
    """Whether the step was last done with this fingerprint."""
    path = paths.STAMPS / name
    return path.is_file() and path.read_text() == wanted


def stamp(name: str, wanted: str | None) -> None:
    """Note that the step is done; None forgets it."""
    paths.STAMPS.mkdir(parents=True, exist_ok=True)
    if wanted is None:
        (paths.STAMPS / name).unlink(missing_ok=True)
    else:
        (paths.STAMPS / name).write_text(wanted)
