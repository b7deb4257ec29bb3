# Part of the SPP attendance suite. LGPL-3.
"""A punch: what a terminal says about one person at one moment, whatever its protocol."""

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple


class Punch(NamedTuple):
    """Either readable (``problem`` empty) or kept with the problem; everything is text as the terminal sent it.

    ``moment`` is what was read from ``time_text``: an aware datetime is a moment of its own, a naive one the time on the
    terminal's wall clock, in the zone that its record names. ``problem`` is one of the reasons of `spp.attendance.scan`.
    """

    raw: str
    identifier: str = ""
    moment: datetime | None = None
    time_text: str = ""
    direction: str = ""
    verification: str = ""
    work_code: str = ""
    event_id: str = ""
    problem: str = ""

    @property
    def key(self) -> str:
        """What makes the punch unique on its terminal.

        The terminal's own number of the event, where the protocol has one; otherwise person and second, so that a key
        pressed twice is one event; of an unreadable punch its text.
        """
        if self.event_id:
            return f"event:{self.event_id}"
        if self.problem or self.moment is None:
            return "line:" + hashlib.sha256(self.raw.encode()).hexdigest()
        if self.moment.tzinfo:
            return f"{self.identifier}|{self.moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        return f"{self.identifier}|{self.moment:%Y-%m-%d %H:%M:%S}"
