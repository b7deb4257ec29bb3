# Part of the SPP attendance suite. LGPL-3.
"""Questions to an attendance server, and how they end."""

import re
from datetime import date

import pytest

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
#: What a person must never read: words of Python and of HTTP libraries, and pages of a server.
_RAW = re.compile(r"Traceback|HTTPConnection|urllib3|requests\.|Errno|JSONDecode|<|Max retries|Something went wrong|\n")


def one(client):
    """The chunk of a single person."""
    (chunk,) = client.fetch(["NID-000001"], *MARCH)
    return chunk


def failure(client, kind, ask=one):
    """The error that a question ends with: of exactly this kind, in a sentence that anybody can read."""
    with pytest.raises(kind) as caught:
        ask(client)
    error = caught.value
    assert type(error) is kind
    assert re.fullmatch(r"The .+[.”]", str(error)) and not _RAW.search(str(error)), str(error)
    assert str(error) == (error.template % error.values if error.values else error.template)
    return error
