# Part of the SPP attendance suite. LGPL-3.
"""The children of a trial of conditional cash transfers in Bogota, and what follows from their monitored attendance.

The file says for each monitored child the share of monitored days on which it was present, rounded to six decimals. Every
share is that of at most 13 days, so it becomes so many whole days; 0 for a child that was not monitored says nothing.
"""

import csv
from collections import defaultdict, namedtuple
from fractions import Fraction
from functools import cache
from math import ceil
from pathlib import Path

PUBLISHED = Path(__file__).parent / "data" / "bogota-cct" / "san_cristobal.csv"
THRESHOLD = Fraction(8, 10)
MOST_DAYS = 26
#: Column of an arm of the trial -> how it is called here.
ARMS = {"T1_treat": "basic", "T2_treat": "savings", "T3_treat": "tertiary", "control": "control"}

#: number, household: texts of the file, household None when unknown; share: text; days, present: None if not monitored.
Child = namedtuple("Child", "number arm household share days present")


def whole_days(share):
    """The smallest number of days of which a rounded share is the share.

    :param share: text with up to six decimals
    :return: (days, days present)
    """
    value = Fraction(share)
    for days in range(1, MOST_DAYS + 1):
        present = round(value * days)
        if abs(Fraction(present, days) - value) <= Fraction(1, 2_000_000):
            return days, present
    raise ValueError(f"{share} is not a share of at most {MOST_DAYS} days")


@cache
def children():
    """All children of the file."""
    found = []
    with open(PUBLISHED, newline="") as file:
        for row in csv.DictReader(file):
            (arm,) = (name for column, name in ARMS.items() if row[column] == "1")
            monitored = row["survey_selected"] == "1"
            days, present = whole_days(row["at_msamean"]) if monitored else (None, None)
            found.append(Child(row["obs"], arm, row["fu_nim_hogar"] or None, row["at_msamean"], days, present))
    return found


def households():
    """The children of each known household: dict number -> list."""
    found = defaultdict(list)
    for child in children():
        if child.household:
            found[child.household].append(child)
    return found


def decision(child):
    """Whether a child attended 80 % of its monitored days."""
    if child.days is None:
        return "unknown"
    return "compliant" if Fraction(child.present, child.days) >= THRESHOLD else "non_compliant"


def household_decision(members, rule, percentage=None):
    """What is known of a household with certainty, whatever the children do who were not monitored.

    :param members: its children
    :param rule: "all", "any" or "percentage"
    """
    size = len(members)
    needed = {"all": size, "any": 1, "percentage": ceil(Fraction(percentage or 0) * size / 100)}[rule]
    results = [decision(child) for child in members]
    if results.count("compliant") >= needed:
        return "compliant"
    return "non_compliant" if size - results.count("non_compliant") < needed else "unknown"
