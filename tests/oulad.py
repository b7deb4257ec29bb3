# Part of the SPP attendance suite. LGPL-3.
"""The Open University Learning Analytics dataset as registers, and the rates that follow from it.

A presentation of a module is a roster, a dated assessment a session: who handed in on or before its day was present, who
handed in later was late, a result carried over from an earlier presentation is an excuse, nothing is an absence. Days are
counted from the start of the presentation: 1 February (B) or 1 October (J).
"""

import csv
from collections import Counter, defaultdict, namedtuple
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "oulad"
_FIRST_DAY = {"B": (2, 1), "J": (10, 1)}
_MISSING = ("?", "")

#: joined, left: `date` or None; roster: pair of module and presentation.
Enrolment = namedtuple("Enrolment", "roster student joined left")
Assessment = namedtuple("Assessment", "number roster kind day")
Mark = namedtuple("Mark", "assessment student status")


def read(name):
    """The rows of a published file as dicts."""
    with open(FOLDER / f"{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def first_day(roster):
    """The day from which the days of a presentation are counted."""
    year, half = int(roster[1][:4]), roster[1][4]
    return date(year, *_FIRST_DAY[half])


def _roster(row):
    return row["code_module"], row["code_presentation"]


def _day(roster, text):
    return None if text in _MISSING else first_day(roster) + timedelta(days=int(text))


def enrolments():
    """All enrolments of the file."""
    return [
        Enrolment(
            _roster(row),
            row["id_student"],
            _day(_roster(row), row["date_registration"]),
            _day(_roster(row), row["date_unregistration"]),
        )
        for row in read("studentRegistration")
    ]


def assessments():
    """The assessments handed in on a date; examinations are none."""
    return [
        Assessment(row["id_assessment"], _roster(row), row["assessment_type"], _day(_roster(row), row["date"]))
        for row in read("assessments")
        if row["assessment_type"] != "Exam" and row["date"] not in _MISSING
    ]


def marks():
    """What was handed in to these assessments, as marks."""
    known = {assessment.number: assessment for assessment in assessments()}
    found = []
    for row in read("studentAssessment"):
        if assessment := known.get(row["id_assessment"]):
            handed_in = _day(assessment.roster, row["date_submitted"])
            status = "excused" if row["is_banked"] == "1" else "present" if handed_in <= assessment.day else "late"
            found.append(Mark(assessment, row["id_student"], status))
    return found


def expected(members):
    """Who is expected in each assessment: dict number -> set of students.

    :param members: enrolments that are on the rosters
    """
    by_roster = defaultdict(list)
    for member in members:
        by_roster[member.roster].append(member)
    return {
        assessment.number: {
            member.student
            for member in by_roster[assessment.roster]
            if member.joined <= assessment.day and (not member.left or assessment.day <= member.left)
        }
        for assessment in assessments()
    }


def rates(members, kinds=("TMA", "CMA"), since=date.min, until=date.max):
    """Exact percentages per student, by the plain way.

    Three late TMAs are one absence, a late CMA is half an attendance. Excused ones are out, and so are students who were
    not expected, unless they handed in.

    :return: dict student -> Fraction, None without anything that counts
    """
    handed_in = defaultdict(dict)
    for mark in marks():
        handed_in[mark.assessment.number][mark.student] = mark.status
    weight, counted, late_tmas = Counter(), Counter(), Counter()
    due = expected(members)
    for assessment in assessments():
        if assessment.kind not in kinds or not since <= assessment.day <= until:
            continue
        here = handed_in[assessment.number]
        for student in due[assessment.number] | here.keys():
            status = here.get(student, "absent")
            if status == "excused":
                continue
            counted[student] += 1
            if status == "present" or (status == "late" and assessment.kind == "TMA"):
                weight[student] += 1
            elif status == "late":
                weight[student] += Fraction(1, 2)
            late_tmas[student] += status == "late" and assessment.kind == "TMA"
    return {
        student: 100 * max(weight[student] - late_tmas[student] // 3, 0) / Fraction(counted[student])
        for student in counted
    }
