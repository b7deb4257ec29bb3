# Part of the SPP attendance suite. LGPL-3.
"""Answers of an attendance server, checked before anybody uses them. Nothing of their content is in an error."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from urllib.parse import urlsplit

from .errors import BadAnswer, _lt

PRESENT = "present"
ABSENT = "absent"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)
_LARGEST_ID = 2**63 - 1

#: A type or location: external id, name, description.
CatalogueEntry = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class AttendanceRecord:
    """One attendance as the server has it: a local day and time without a zone.

    Identifiers are texts; "" where the server has no type, location, text or link. A link is kept only if it is a web
    address. `category` is "present" or "absent"; a server without categories has only present ones.
    """

    external_id: str
    person_identifier: str
    date: date
    time: time
    type_external_id: str
    location_external_id: str
    description: str
    url: str
    category: str
    submitted_by: str
    submitted_datetime: str
    source: str


@dataclass(frozen=True, slots=True)
class Person:
    """A person of an answer. `dates_present` covers the whole question, `records` perhaps only a page."""

    identifier: str
    dates_present: frozenset[date]
    records: tuple[AttendanceRecord, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer; `total` counts all pages."""

    items: tuple[Person, ...]
    total: int


def unusable(what: str) -> BadAnswer:
    """The error for an answer that breaks the contract.

    :param what: which part, and what it should be; never its content
    """
    return BadAnswer(_lt("The attendance server sent an answer that cannot be used: %(what)s."), what=what)


def parse_catalogue(value: Any) -> list[CatalogueEntry]:
    """Types or locations: list of (external id, name, description)."""
    found = {}
    for place, item in _records(value):
        external_id, name = _external_id(item, "id", place), _text(item, "name", place)
        if not name:
            raise unusable(f"{place}.name is empty")
        if external_id in found:
            raise unusable(f"{place}.id is there twice")
        found[external_id] = (external_id, name, _text(item, "description", place))
    return list(found.values())


def parse_persons(value: Any) -> Page:
    """An answer of GET /attendances: `Page` of `Person`."""
    persons = tuple(_person(item, place) for place, item in _records(value))
    for person in persons:
        check_dates(person.dates_present, person.records)
    return Page(persons, _total(value, len(persons)))


def parse_person(value: Any) -> tuple[Person, int]:
    """An answer of GET /attendance/<identifier>: a `Person`, and how many records it has on all pages."""
    person = _person(value, "answer")
    return person, _total(value, len(person.records))


def check_dates(dates_present: Set[date], records: Iterable[AttendanceRecord]) -> None:
    """The server's own summary must be what its list says, or one of them is wrong.

    :param dates_present: set of dates
    :param records: all `AttendanceRecord` of the person and the question
    """
    if dates_present != {record.date for record in records if record.category == PRESENT}:
        raise unusable("dates_present are not the dates of attendance_list")


def _person(item: Any, place: str) -> Person:
    _require(isinstance(item, dict), place, "an object")
    identifier = item.get("person_id")
    _require(isinstance(identifier, str) and identifier, f"{place}.person_id", "a text")
    dates, count = item.get("dates_present"), item.get("number_of_days_present")
    _require(isinstance(dates, list), f"{place}.dates_present", "a list")
    days = frozenset(_date(value, f"{place}.dates_present[{number}]") for number, value in enumerate(dates))
    _require(type(count) is int, f"{place}.number_of_days_present", "a number")
    if not count == len(dates) == len(days):
        raise unusable(f"{place}.number_of_days_present is not the number of dates_present")
    rows = item.get("attendance_list")
    _require(isinstance(rows, list), f"{place}.attendance_list", "a list")
    records = tuple(_record(row, identifier, f"{place}.attendance_list[{number}]") for number, row in enumerate(rows))
    return Person(identifier, days, records)


def _record(row: Any, identifier: str, place: str) -> AttendanceRecord:
    _require(isinstance(row, dict), place, "an object")
    category = row.get("attendance_category", PRESENT)
    _require(isinstance(category, str), f"{place}.attendance_category", "a text")
    category = category.lower()
    _require(category in (PRESENT, ABSENT), f"{place}.attendance_category", "present or absent")
    return AttendanceRecord(
        external_id=_external_id(row, "id", place),
        person_identifier=identifier,
        date=_date(row.get("date"), f"{place}.date"),
        time=_time(row.get("time"), f"{place}.time"),
        type_external_id=_reference(row, "attendance_type", place),
        location_external_id=_reference(row, "attendance_location", place),
        description=_text(row, "attendance_description", place),
        url=_web_address(_text(row, "attendance_external_url", place)),
        category=category,
        submitted_by=_text(row, "submitted_by", place),
        submitted_datetime=_text(row, "submitted_datetime", place),
        source=_text(row, "submission_source", place),
    )


def _require(holds: object, place: str, kind: str) -> None:
    if not holds:
        raise unusable(f"{place} is not {kind}")


def _records(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    _require(isinstance(value, dict), "answer", "an object")
    records = value.get("records")
    _require(isinstance(records, list), "records", "a list")
    for number, item in enumerate(records):
        place = f"records[{number}]"
        _require(isinstance(item, dict), place, "an object")
        yield place, item


def _total(value: dict[str, Any], received: int) -> int:
    pagination: Any = value.get("pagination")
    _require(isinstance(pagination, dict), "pagination", "an object")
    total = pagination.get("total_records")
    _require(type(total) is int, "pagination.total_records", "a number")
    if total < received:
        raise unusable("pagination.total_records is smaller than the number of records")
    return total


def _external_id(item: dict[str, Any], key: str, place: str) -> str:
    value = item.get(key)
    _require(type(value) is int and 0 < value <= _LARGEST_ID, f"{place}.{key}", "a positive number")
    return str(value)


def _reference(row: dict[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    if value in ({}, None) or value is False:
        return ""
    _require(isinstance(value, dict), f"{place}.{key}", "an object")
    return _external_id(value, "id", f"{place}.{key}")


def _text(item: dict[str, Any], key: str, place: str) -> str:
    """A text without control characters, which neither PostgreSQL nor a screen takes; "" for false and nothing."""
    value = item.get(key)
    if value is None or value is False:
        return ""
    _require(isinstance(value, str), f"{place}.{key}", "a text")
    if value.isascii() and value.isprintable():
        return value
    return "".join(letter for letter in value if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs"))


def _web_address(text: str) -> str:
    """The text if it is a web address, "" if following it could do anything else."""
    try:
        parts = urlsplit(text)
        return text if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def _date(value: object, place: str) -> date:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        raise unusable(f"{place} is no day of the calendar") from None
    raise unusable(f"{place} is not a date")


def _time(value: object, place: str) -> time:
    try:
        if isinstance(value, str) and _TIME.fullmatch(value):
            return time.fromisoformat(value)
    except ValueError:
        raise unusable(f"{place} is no time of a day") from None
    raise unusable(f"{place} is not a time")
