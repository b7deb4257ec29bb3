# Part of the SPP attendance suite. LGPL-3.
"""Evaluates a read attendance expression for many registrants: facts first, by set, then one verdict for each.

A value that is not known is absent. What needs it comes to nothing, and nothing is neither true nor false: "unknown".
Known parts still decide: false && unknown is false, true || unknown is true, and the same for questions about members.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

import cel

from odoo.api import Environment
from odoo.models import BaseModel
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now
from odoo.addons.spp_session_tracking import counting

from .values import Fact, Quantifier, Reading

#: What is known about one person or group, by the key of each fact.
Facts = dict[str, Any]


def _value(program: Any, subject: Facts, group: Facts | None = None) -> Any:
    """What a program comes to; None when a value it needs is missing, or nothing can be computed with it."""
    try:
        return program.execute({"p": subject, "g": group or {}})
    except (LookupError, ArithmeticError):
        return None


def _both(one: bool | None, other: bool | None) -> bool | None:
    """``one && other`` of true, false and unknown (None)."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _negate(value: bool | None) -> bool | None:
    return None if value is None else not value


class _Question:
    """A compiled question about the members of a group."""

    def __init__(self, quantifier: Quantifier) -> None:
        self.kind = quantifier.kind
        self.filters = [cel.compile(text) for text in quantifier.filters]
        self.condition = cel.compile(quantifier.condition) if quantifier.condition else None

    def answer(self, members: list[Facts], group: Facts) -> bool | int | None:
        """Ask it about the members (dicts of facts) of a group (dict of facts).

        :return: bool or int; None when it depends on something unknown
        """
        chosen = [(member, self._is_chosen(member, group)) for member in members]
        chosen = [(member, inside) for member, inside in chosen if inside is not False]
        if self.kind == "size":
            return None if any(inside is None for _member, inside in chosen) else len(chosen)
        verdicts = [(inside, _value(self.condition, member, group)) for member, inside in chosen]
        if self.kind == "all":
            wrong = [_both(inside, _negate(verdict)) for inside, verdict in verdicts]
            return _negate(self._any(wrong))
        right = [_both(inside, verdict) for inside, verdict in verdicts]
        if self.kind == "exists":
            return self._any(right)
        if right.count(True) > 1:
            return False
        return None if None in right else right.count(True) == 1

    def _is_chosen(self, member: Facts, group: Facts) -> bool | None:
        inside: bool | None = True
        for program in self.filters:
            inside = _both(inside, _value(program, member, group))
            if inside is False:
                break
        return inside

    @staticmethod
    def _any(values: list[bool | None]) -> bool | None:
        return True if True in values else None if None in values else False


class ExpressionEngine:
    """Holds the compiled programs of one expression and the window its attendance is counted in."""

    def __init__(self, env: Environment, reading: Reading, day: date, date_from: date, date_to: date) -> None:
        """
        :param env: environment in superuser mode; the caller answers for who may ask about the registrants
        :param reading: Reading of the expression
        :param date day: the day on which ages are counted
        :param date_from, date_to: first and last day of attendance where the expression does not say so itself
        """
        self.env = env
        self.reading = reading
        self.day = day
        self.window = (date_from, date_to)
        self.program = cel.compile(reading.text)
        self.questions = {key: _Question(quantifier) for key, quantifier in reading.quantifiers.items()}

    def evaluate(self, partner_ids: Collection[int]) -> dict[int, bool | None]:
        """Evaluate the expression for a batch of registrants with a fixed number of queries.

        :param list partner_ids: ids of res.partner
        :return: dict of id to True, False or None (unknown)
        """
        subjects = self._facts(partner_ids, self.reading.facts)
        if self.questions:
            members = self._members(partner_ids)
            for partner_id, subject in subjects.items():
                for key, question in self.questions.items():
                    answer = question.answer(members[partner_id], subject)
                    if answer is not None:
                        subject[key] = answer
        return {partner_id: _value(self.program, subject) for partner_id, subject in subjects.items()}

    def _members(self, group_ids: Collection[int]) -> dict[int, list[Facts]]:
        """Return the facts about the present members of each group, as lists of dicts by group."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT member."group", member.individual
                  FROM spp_group_membership member
                  JOIN res_partner person ON person.id = member.individual
                 WHERE member."group" = ANY(%s) AND %s
              ORDER BY member.id
                """,
                list(group_ids),
                counting.present_members(self.env, database_now(self.env)),
            )
        )
        facts = self._facts({individual for _group, individual in rows}, self.reading.member_facts)
        members: defaultdict[int, list[Facts]] = defaultdict(list)
        for group_id, individual in rows:
            members[group_id].append(facts[individual])
        return members

    # --- facts

    def _facts(self, partner_ids: Iterable[int], wanted: dict[Fact, str]) -> dict[int, Facts]:
        """Return what is known about registrants, by their id: a dict from the key of each fact to its value.

        :param partner_ids: iterable of ids
        :param dict wanted: keys by fact
        """
        facts: dict[int, Facts] = {partner_id: {} for partner_id in partner_ids}
        personal = {fact: key for fact, key in wanted.items() if fact.kind in ("age", "gender", "area", "in_area")}
        if personal and facts:
            self._add_personal_facts(facts, personal)
        by_period: defaultdict[Any, list[tuple[Fact, str]]] = defaultdict(list)
        for fact, key in wanted.items():
            if fact not in personal:
                period = (fact.date_from, fact.date_to) if fact.date_from else self.window
                by_period[fact.session_type_id, period].append((fact, key))
        for (session_type_id, period), questions in by_period.items():
            if facts:
                self._add_attendance(facts, session_type_id, period, questions)
        return facts

    def _add_personal_facts(self, facts: dict[int, Facts], wanted: dict[Fact, str]) -> None:
        rows = self.env.execute_query(
            SQL(
                """
                SELECT partner.id, %s AS age, gender.code, area.code, area.parent_path
                  FROM res_partner partner
             LEFT JOIN spp_vocabulary_code gender ON gender.id = partner.gender_id
             LEFT JOIN spp_area area ON area.id = partner.area_id
                 WHERE partner.id = ANY(%s)
                """,
                counting.age("partner", self.day),
                list(facts),
            )
        )
        for partner_id, age, gender, area, area_path in rows:
            known = {"age": age, "gender": gender, "area": area}
            for fact, key in wanted.items():
                if fact.kind == "in_area":
                    value = f"/{fact.area_id}/" in f"/{area_path}" if area_path else None
                else:
                    value = known.get(fact.kind)
                if value is not None:
                    facts[partner_id][key] = value

    def _add_attendance(
        self,
        facts: dict[int, Facts],
        session_type_id: int,
        period: tuple[date, date],
        questions: list[tuple[Fact, str]],
    ) -> None:
        """Add what is asked about the attendance in one type and period: three grouped queries at most."""
        statistics = self.env["spp.attendance.statistics"]
        partners = self.env["res.partner"].browse(facts)
        session_type = self.env["spp.session.type"].browse(session_type_id) if session_type_id else None
        arguments = (partners, *period, session_type)
        kinds = {"status" if fact.status_code else fact.kind for fact, _key in questions}
        counts = statistics.counts(*arguments) if kinds & {"rate", "count"} else {}
        days = statistics.days(*arguments) if "days" in kinds else {}
        statuses = self._count_by_status(*arguments) if "status" in kinds else {}
        for partner_id, known in facts.items():
            for fact, key in questions:
                if fact.status_code:
                    known[key] = statuses.get((partner_id, fact.status_code), 0)
                elif fact.kind == "days":
                    known[key] = days[partner_id]
                elif fact.kind == "count":
                    known[key] = counts[partner_id]["attended"]
                elif counts[partner_id]["counted"]:
                    # not the rate to two places: 79.996 % is not 80 %
                    known[key] = float(counting.share(counts[partner_id]["weight"], counts[partner_id]["counted"]))

    def _count_by_status(
        self, partners: BaseModel, date_from: date, date_to: date, session_type: BaseModel | None
    ) -> dict[tuple[int, str], int]:
        """Return how many marks of each status people have, as a dict of (partner id, code) and number."""
        statistics = self.env["spp.attendance.statistics"]
        rows = self.env.execute_query(
            SQL(
                "SELECT fact.partner_id, fact.status_code, COUNT(*) FROM spp_attendance_fact fact"
                " WHERE %s GROUP BY fact.partner_id, fact.status_code",
                statistics._fact_condition(partners, date_from, date_to, session_type),
            )
        )
        return {(partner_id, code): count for partner_id, code, count in rows}
