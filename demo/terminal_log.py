# Part of the SPP attendance suite. LGPL-3.
"""The attendance log that a ZKTeco-type terminal writes to a USB stick (`*_attlog.dat`)."""

import codecs
import re
from datetime import datetime
from functools import cache
from typing import NamedTuple

_TIME = re.compile(rb"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}")

_PIN = re.compile(rb"[A-Za-z0-9._-]+")


class LogLine(NamedTuple):
    """One line: as bytes, and who and when as far as they can be read (`moment` is local to the terminal)."""

    raw: bytes
    pin: str
    moment: datetime | None
    push_line: bytes


@cache
def read_log(path):
    """Read a log file. Lines that cannot be read are in the answer too, without PIN and moment.

    Column order of the file: PIN, time, device number, state, verify mode, work code (device number left out by some
    firmware). CRLF, UTF-16 with a byte order mark and runs of NUL bytes occur in real files.

    :return: tuple of LogLine in the order of the file
    """
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    lines = (line.rstrip(b"\r") for line in re.split(rb"[\n\x00]+", data))
    return tuple(_read_line(line) for line in lines if line.strip())


def _read_line(line):
    """Turn a line of the file into one of a push request, where the device number is not repeated."""
    fields = [field.strip() for field in line.split(b"\t")]
    if len(fields) < 2 or not _TIME.fullmatch(fields[1]):
        return LogLine(line, "", None, line)
    try:
        moment = datetime.fromisoformat(fields[1].decode())
    except ValueError:
        return LogLine(line, "", None, line)
    pin = fields[0].decode() if _PIN.fullmatch(fields[0]) else ""
    missing = [b"255", b"0", b""]
    state, verify, work_code = fields[3:6] + missing[len(fields[3:6]) :]
    push_line = b"\t".join((fields[0], fields[1], state, verify, work_code, b"0", b"0", b""))
    return LogLine(line, pin, moment, push_line)
