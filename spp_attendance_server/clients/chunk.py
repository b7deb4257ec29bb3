# Part of the SPP attendance suite. LGPL-3.
"""A question to an attendance server, and what its answer comes to."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from .answers import PRESENT, AttendanceRecord, unusable
from .transport import Query


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the server says about some persons. Each one asked for is in exactly one of the three groups of identifiers.

    :ivar asked_ids: identifiers asked for
    :ivar known_ids: those the server knows, with or without attendance
    :ivar missing_ids: those it does not know (or has archived): nothing is known about their attendance
    :ivar unaskable_ids: those that cannot be asked for where only one person at a time can be: with a "/" for example
    :ivar zero_ids: those of known_ids without a single day present
    :ivar records: `AttendanceRecord` of known persons inside the question, absent ones included
    :ivar dropped_records: how many more the server sent that lie outside the asked window, type or location
    :ivar digest: SHA-256 of the raw answers, hexadecimal
    :ivar one_by_one: whether each person was asked for separately
    :ivar is_known: the answer has the digest that the caller knew, and was not read: only `asked_ids` and `digest` are set
    """

    asked_ids: tuple[str, ...]
    known_ids: tuple[str, ...]
    missing_ids: tuple[str, ...]
    unaskable_ids: tuple[str, ...]
    zero_ids: tuple[str, ...]
    records: list[AttendanceRecord]
    dropped_records: int
    digest: str
    one_by_one: bool
    is_known: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """The filter of a fetch. Both dates always, because a server ignores a single one."""

    date_from: date
    date_to: date
    type_id: str
    location_id: str

    def query(self, page: int, limit: int) -> Query:
        query: Query = {"page": page, "limit": limit, "from_date": str(self.date_from), "to_date": str(self.date_to)}
        if self.type_id:
            query["attendance_type"] = self.type_id
        if self.location_id:
            query["attendance_location"] = self.location_id
        return query

    def covers(self, record: AttendanceRecord) -> bool:
        return (
            self.date_from <= record.date <= self.date_to
            and self.type_id in ("", record.type_external_id)
            and self.location_id in ("", record.location_external_id)
        )


def known_chunk(asked: tuple[str, ...], digest: str) -> Chunk:
    """The `Chunk` of an answer that is the same as one before."""
    return Chunk(asked, (), (), (), (), [], 0, digest, one_by_one=False, is_known=True)


def build_chunk(
    asked: tuple[str, ...],
    persons: Mapping[str, tuple[AttendanceRecord, ...]],
    unaskable: Collection[str],
    question: Question,
    digest: "hashlib._Hash",
    one_by_one: bool = False,
) -> Chunk:
    """Sort an answer into a `Chunk`.

    :param asked: tuple of identifiers
    :param persons: dict of known identifiers and their `AttendanceRecord`
    :param unaskable: identifiers that were not asked for
    :param question: `Question`; records outside of it are counted and dropped
    :param digest: hash object that has seen the raw answers
    :raise BadAnswer: when two records have one id
    """
    records: list[AttendanceRecord] = []
    present: set[str] = set()
    ids: set[str] = set()
    dropped = 0
    for identifier, rows in persons.items():
        for record in rows:
            if record.external_id in ids:
                raise unusable("an attendance is there twice")
            ids.add(record.external_id)
            if not question.covers(record):
                dropped += 1
                continue
            records.append(record)
            if record.category == PRESENT:
                present.add(identifier)
    return Chunk(
        asked_ids=asked,
        known_ids=tuple(identifier for identifier in asked if identifier in persons),
        missing_ids=tuple(
            identifier for identifier in asked if identifier not in persons and identifier not in unaskable
        ),
        unaskable_ids=tuple(unaskable),
        zero_ids=tuple(identifier for identifier in asked if identifier in persons and identifier not in present),
        records=records,
        dropped_records=dropped,
        digest=digest.hexdigest(),
        one_by_one=one_by_one,
    )
