# Part of the SPP attendance suite. LGPL-3.
"""A scenario file: which terminals, which month, which rules. `demo/scenarios/october-2025.toml` explains the keys."""

import math
import re
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from demo.terminal_log import read_log
from tools import paths
from tools.console import Failure

DEFAULT = paths.ROOT / "demo" / "scenarios" / "october-2025.toml"
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class Terminal:
    """One terminal of a scenario, with the daily session its scans belong to. Times are local to it."""

    serial: str
    log: Path
    time_zone: str
    session_start: time
    session_end: time
    checkin_from: time
    checkin_until: time
    grace_minutes: float

    def scans(self):
        """The lines of the terminal's log: see `terminal_log.read_log`."""
        return read_log(self.log)


@dataclass(frozen=True)
class Scenario:
    """A month of attendance at some terminals, and what hangs on it."""

    first_day: date
    last_day: date
    enrolment_days: int
    required_percentage: Decimal
    amount: Decimal
    currency: str
    redemption: list
    terminals: list

    @property
    def title(self):
        """The cycle's name, for example "October 2025"."""
        return f"{self.first_day:%B %Y}"

    def enrolled_pins(self, terminal):
        """Who is enrolled at a terminal: PINs with scans on enough different days of the month before."""
        last = self.first_day - timedelta(days=1)
        days: dict[str, set[date]] = {}
        for line in terminal.scans():
            if line.pin and last.replace(day=1) <= line.moment.date() <= last:
                days.setdefault(line.pin, set()).add(line.moment.date())
        return sorted(pin for pin, on in days.items() if len(on) >= self.enrolment_days)

    def month_lines(self, terminal):
        """What the terminal sends for the month: its scans of these days, and lines whose day cannot be read."""
        return [
            line
            for line in terminal.scans()
            if line.moment is None or self.first_day <= line.moment.date() <= self.last_day
        ]


def load(path):
    """Read a scenario file.

    :raise Failure: when it is missing, is not TOML, or a value makes no sense; the sentence names the key
    """
    path = Path(path)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise Failure(f"there is no scenario file {path}: check the path after --scenario.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Failure(f"{path} is not valid TOML ({error}): correct it and start again.") from None
    reader = _Reader(path, raw)
    first_day = reader.get("month", _month, 'a month such as "2025-10"')
    last_day = (first_day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    if last_day >= date.today():
        raise Failure(f"{path}: the month {first_day:%Y-%m} is not over yet, choose an earlier one.")
    tables = raw.get("terminals", [])
    if not isinstance(tables, list) or not all(isinstance(values, dict) for values in tables):
        raise Failure(f"{path}: terminals must be tables, begin each with the line [[terminals]].")
    scenario = Scenario(
        first_day=first_day,
        last_day=last_day,
        enrolment_days=reader.get("enrolment_days", _positive_int, "a number of days such as 5"),
        required_percentage=reader.get("required_percentage", _percentage, "a percentage from 0 to 100"),
        amount=reader.get("amount", _positive_decimal, 'an amount such as "30000"'),
        currency=reader.get("currency", _currency, 'a currency code such as "IDR"'),
        redemption=reader.get("redemption", _redemption, 'lists of shares such as [["1"], ["0.5", "0.5"], []]'),
        terminals=[_terminal(path, number, values) for number, values in enumerate(tables, 1)],
    )
    serials = [terminal.serial for terminal in scenario.terminals]
    if not serials or len(set(serials)) != len(serials):
        raise Failure(f"{path}: list at least one terminal, each under [[terminals]] with a serial of its own.")
    return scenario


def _terminal(path, number, values):
    reader = _Reader(path, values, f"terminal {number}: ")
    terminal = Terminal(
        serial=reader.get("serial", _serial, 'a serial number such as "101"'),
        log=_log_path(path, reader.get("log", str, "the path of a log file")),
        time_zone=reader.get("time_zone", _zone, 'a time zone such as "Asia/Jakarta"'),
        grace_minutes=reader.get("grace_minutes", _minutes, "a number of minutes such as 5"),
        **{
            key: reader.get(key, _local_time, 'a time such as "06:00:00"')
            for key in ("session_start", "session_end", "checkin_from", "checkin_until")
        },
    )
    if time.min < terminal.session_end < terminal.session_start:
        raise Failure(
            f"{path}: terminal {terminal.serial}: session_end is before session_start, write a time of the same day."
        )
    if not terminal.log.is_file():
        raise Failure(f"{path}: terminal {terminal.serial}: there is no log file {terminal.log}, correct the path.")
    return terminal


def _log_path(scenario_path, text):
    """A log's path is relative to the scenario file or, where there is none, to the checkout."""
    beside = scenario_path.parent / text
    return beside if beside.is_file() or not (paths.ROOT / text).is_file() else paths.ROOT / text


class _Reader:
    def __init__(self, path, values, where=""):
        self.path, self.values, self.where = path, values, where

    def get(self, key, read, wanted):
        try:
            return read(self.values[key])
        except KeyError:
            raise Failure(f"{self.path}: {self.where}{key} is missing, write {wanted}.") from None
        except (ValueError, TypeError, AttributeError, OverflowError, InvalidOperation):
            raise Failure(
                f"{self.path}: {self.where}{key} = {self.values[key]!r} makes no sense, write {wanted}."
            ) from None


def _month(value):
    first_day = datetime.strptime(value, "%Y-%m").date()
    if first_day.year < 1970:
        raise ValueError(value)
    return first_day


def _serial(value):
    if isinstance(value, bool) or not isinstance(value, str | int) or not _SERIAL.fullmatch(str(value)):
        raise ValueError(value)
    return str(value)


def _local_time(value):
    moment = time.fromisoformat(value)
    if moment.tzinfo:
        raise ValueError(value)
    return moment


def _positive_int(value):
    if isinstance(value, bool) or int(value) != value or value < 1:
        raise ValueError(value)
    return int(value)


def _minutes(value):
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(value)
    return float(value)


def _percentage(value):
    number = Decimal(str(value))
    if not 0 <= number <= 100:
        raise ValueError(value)
    return number


def _positive_decimal(value):
    number = Decimal(str(value))
    if not number.is_finite() or number <= 0:
        raise ValueError(value)
    return number


def _currency(value):
    if not (len(value) == 3 and value.isalpha() and value.isupper()):
        raise ValueError(value)
    return value


def _redemption(value):
    shares = [[Decimal(str(share)) for share in shares] for shares in value]
    if not shares or any(share <= 0 for one in shares for share in one) or any(sum(one) > 1 for one in shares):
        raise ValueError(value)
    return shares


def _zone(value):
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError):
        raise ValueError(value) from None
    return value
