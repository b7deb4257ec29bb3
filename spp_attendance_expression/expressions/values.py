# Part of the SPP attendance suite. LGPL-3.
"""What reading an expression deals with and comes to."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

MAX_LENGTH = 2000
MAX_NESTING = 20
MAX_FACTS = 12  # each different one about attendance may cost a query per batch

NUMBERS = ("int", "double")


class ExpressionError(Exception):
    """An expression that cannot be used.

    position: characters before the place; message: one sentence
    """

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message

    def place(self, text: str) -> tuple[int, int]:
        """Return line and column in the text of the expression, both counted from 1."""
        before = text[: self.position]
        return before.count("\n") + 1, self.position - (before.rfind("\n") + 1) + 1


@dataclass(frozen=True)
class Fact:
    """Something to know about a person or a group.

    kind: age, gender, area, in_area, rate, count or days; the rest narrows attendance or names the area's id.
    """

    kind: str
    session_type_id: int = 0
    status_code: str = ""
    date_from: date | None = None
    date_to: date | None = None
    area_id: int = 0


@dataclass(frozen=True)
class Quantifier:
    """A question about the members of a group: kind all, exists, exists_one or size; conditions in library text."""

    kind: str
    filters: tuple[str, ...]
    condition: str = ""


@dataclass
class Reading:
    """What a reader found: the text for the library, and where each fact and quantifier is expected (its key)."""

    text: str = ""
    facts: dict[Fact, str] = field(default_factory=dict)
    member_facts: dict[Fact, str] = field(default_factory=dict)
    quantifiers: dict[str, Quantifier] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """A part of the expression: its kind, its text for the library, and what else may be said about it."""

    kind: str  # bool, int, double, string, date, list, attendance, members or member
    text: str
    position: int
    codes: str = ""  # gender or area: a literal it is compared with has to be such a code
    literal: Any = None  # the value of a literal, a list of parts for a list
    filters: tuple[str, ...] = ()  # conditions members have passed
    is_fact: bool = False
