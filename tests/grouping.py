# Part of the SPP attendance suite. LGPL-3.
"""Which end-to-end tests share a server, so that they run in one process and it is started once."""

import re
from functools import cache

from tools import paths


def process_group(nodeid):
    """The name of what a test shares with others: its file, the office of this file, or nothing."""
    file, _colons, function = nodeid.partition("::")
    return _shared(file) or function


@cache
def _shared(file):
    source = (paths.ROOT / file).read_text()
    if re.search(r"^pytestmark = pytest\.mark\.apart$", source, re.MULTILINE):
        return None
    takes_office = re.search(r"^def \w+\([^)]*\boffice\b", source, re.MULTILINE)
    return "office" if takes_office and not re.search(r"^def office\(", source, re.MULTILINE) else file
