# Part of the SPP attendance suite. LGPL-3.
"""What an expression may name: the person or group, attendance, members, and the functions."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import NoReturn

from odoo.api import Environment

from .codes import ExpressionCodes
from .tokens import MISTAKES, Token, TokenReader
from .values import MAX_FACTS, NUMBERS, Fact, Quantifier, Reading, Value

_WORDS = ("age", "gender", "area", "attendance", "members", "in_area", "has", "date", "size", "true", "false", "in")


class NameReader(TokenReader):
    """Reads names, calls and literals; what stands between brackets is read by `_choice` of the whole reader."""

    _choice: Callable[[], Value]

    def __init__(self, env: Environment, text: str, target: str) -> None:
        """
        :param env: environment with the catalogues of codes
        :param str text: the expression
        :param str target: "individual" or "group"
        """
        super().__init__(env, text)
        self.target = target
        self.codes = ExpressionCodes(env)
        self.reading = Reading()
        self._member: str | None = None  # name of the member inside a question about members

    def _member_access(self) -> Value:
        value = self._primary()
        while self._take("."):
            token = self._peek()
            if token.kind != "name":
                self._fail_unexpected(token)
            self._index += 1
            value = self._call(value, token) if self._take("(") else self._attribute(value, token)
        return value

    def _primary(self) -> Value:
        token = self._peek()
        if token.text in MISTAKES or token.kind == "end":
            self._fail_unexpected(token)
        self._index += 1
        match token.kind, token.text:
            case "number", text:
                if len(text) > 15:
                    self._fail(token.position, self.env._("This number is too long."))
                return Value("double" if "." in text else "int", text, token.position, literal=text)
            case "text", text:
                return self._text(token, text[1:-1])
            case "name", ("true" | "false") as text:
                return Value("bool", text, token.position)
            case "name", _:
                return self._function(token) if self._take("(") else self._name(token)
            case "sign", "(":
                value = self._choice()
                self._need(")")
                return value
            case "sign", "[":
                return self._list(token)
        self._fail_unexpected(token)

    def _text(self, token: Token, text: str) -> Value:
        return Value("string", '"' + text.replace('"', '\\"') + '"', token.position, literal=text)

    def _list(self, token: Token) -> Value:
        parts: list[Value] = []
        while not self._take("]"):
            if parts:
                self._need(",")
            part = self._primary()
            if part.literal is None or part.kind == "list":
                self._fail(part.position, self.env._("A list holds texts in quotes or numbers."))
            parts.append(part)
        return Value("list", f"[{', '.join(part.text for part in parts)}]", token.position, literal=parts)

    def _name(self, token: Token) -> Value:
        if token.text == self._member:
            return Value("member", "", token.position)
        if token.text == "members":
            if self.target != "group":
                self._fail(token.position, self.env._("A person has no members: set the expression to groups."))
            if self._member:
                self._fail(token.position, self.env._("A question about members cannot hold another one."))
            return Value("members", "", token.position)
        if self.target == "group" and token.text in ("age", "gender", "attendance"):
            self._fail(
                token.position,
                self.env._(
                    "A group has no %(name)s: ask its members, for example members.exists(m, m.%(name)s ...).",
                    name=token.text,
                ),
            )
        if token.text in ("age", "gender", "area", "attendance"):
            return self._subject(token.text, token.position, is_member=False)
        self._fail_unknown(token, self._known_names())

    def _known_names(self) -> list[str]:
        names = ["area", "in_area", "members"] if self.target == "group" else ["age", "area", "attendance", "gender"]
        return [*names, self._member] if self._member else names

    def _fail_unknown(self, token: Token, known: Iterable[str]) -> NoReturn:
        self._fail(
            token.position,
            self.env._("%(name)s is not known here. Known are: %(known)s.", name=token.text, known=", ".join(known)),
        )

    def _subject(self, name: str, position: int, is_member: bool) -> Value:
        match name:
            case "attendance":
                return Value("attendance", "m" if is_member else "", position)
            case "age":
                return self._fact(Fact("age"), "int", position, is_member)
            case _:
                return self._fact(Fact(name), "string", position, is_member, codes=name)

    def _fact(self, fact: Fact, kind: str, position: int, is_member: bool, codes: str = "") -> Value:
        facts = self.reading.member_facts if is_member else self.reading.facts
        if fact not in facts and fact.kind in ("rate", "count", "days"):
            known = {**self.reading.facts, **self.reading.member_facts}
            if sum(other.kind in ("rate", "count", "days") for other in known) >= MAX_FACTS:
                self._fail(
                    position,
                    self.env._("More than %s different questions about attendance: split the expression.", MAX_FACTS),
                )
        key = facts.setdefault(fact, f"f{len(facts)}")
        source = "g" if self._member and not is_member else "p"
        return Value(kind, f"{source}.{key}", position, codes=codes, is_fact=True)

    def _attribute(self, value: Value, token: Token) -> Value:
        if value.kind != "member":
            self._fail_unknown(token, self._known_methods(value))
        if token.text not in ("age", "gender", "area", "attendance"):
            self._fail_unknown(token, ["age", "area", "attendance", "gender", "in_area"])
        return self._subject(token.text, value.position, is_member=True)

    def _known_methods(self, value: Value) -> list[str]:
        return {
            "attendance": ["rate", "count", "days"],
            "members": ["all", "exists", "exists_one", "filter", "size"],
            "member": ["age", "area", "attendance", "gender", "in_area"],
            "string": ["contains", "endsWith", "startsWith"],
        }.get(value.kind, ["age", "area", "attendance", "gender"])

    def _function(self, token: Token) -> Value:
        if token.text in MISTAKES:
            self._fail_unexpected(token)
        if token.text not in ("date", "has", "in_area", "size"):
            self._fail_unknown(token, ["date", "has", "in_area", "size"])
        argument = self._only_argument(token)
        match token.text:
            case "date":
                return self._date(token, argument)
            case "in_area":
                return self._in_area(token.position, argument, is_member=False)
            case "has":
                if not argument.is_fact:
                    self._fail(
                        argument.position,
                        self.env._("has(...) asks whether something is known, for example has(age)."),
                    )
                return Value("bool", f"has({argument.text})", token.position)
            case _:
                self._need_kind(argument, "members")
                return self._ask_members(argument, "size", "", token.position)

    def _only_argument(self, token: Token) -> Value:
        arguments = self._arguments()
        if len(arguments) != 1:
            self._fail(token.position, self.env._("%s(...) takes one value.", token.text))
        return arguments[0]

    def _arguments(self) -> list[Value]:
        arguments: list[Value] = []
        while not self._take(")"):
            if arguments:
                self._need(",")
            arguments.append(self._choice())
        return arguments

    def _date(self, token: Token, argument: Value) -> Value:
        try:
            day = date.fromisoformat(argument.literal if argument.kind == "string" else "")
        except (TypeError, ValueError):
            self._fail(
                argument.position, self.env._('This is not a date: write it as date("2025-01-31"), the year first.')
            )
        return Value("date", "", token.position, literal=day)

    def _in_area(self, position: int, argument: Value, is_member: bool) -> Value:
        code = self._code(argument, self.env._("an area"))
        fact = Fact("in_area", area_id=self.codes.area_id(code, argument.position))
        return self._fact(fact, "bool", position, is_member)

    def _code(self, argument: Value, what: str) -> str:
        if argument.kind != "string" or argument.literal is None:
            self._fail(argument.position, self.env._("The code of %s in quotes is needed here.", what))
        return argument.literal

    # --- attendance and members

    def _call(self, value: Value, token: Token) -> Value:
        if token.text not in self._known_methods(value) or (value.kind == "member" and token.text != "in_area"):
            self._fail_unknown(token, self._known_methods(value))
        match value.kind:
            case "attendance":
                return self._attendance(value, token)
            case "members":
                return self._members(value, token)
            case "member":
                return self._in_area(value.position, self._only_argument(token), is_member=True)
            case "string":
                argument = self._only_argument(token)
                self._need_kind(argument, "string")
                return Value("bool", f"{value.text}.{token.text}({argument.text})", value.position)
        self._fail_unexpected(token)

    def _attendance(self, value: Value, token: Token) -> Value:
        """rate(type, from, to), count(type, status, from, to), days(type, from, to); each part may be left out."""
        arguments = self._arguments()
        days = [argument for argument in arguments if argument.kind == "date"]
        codes = arguments[: len(arguments) - len(days)]
        if arguments[len(codes) :] != days or len(codes) > (2 if token.text == "count" else 1):
            self._fail(
                token.position,
                self.env._(
                    "Write attendance.%(name)s with %(parts)s, each in this order and each may be left out.",
                    name=token.text,
                    parts=self.env._("a session type, a status, a first and a last date")
                    if token.text == "count"
                    else self.env._("a session type, a first and a last date"),
                ),
            )
        first, last = self._period(token, days)
        session_type_id, status = 0, ""
        if codes:
            code = self._code(codes[0], self.env._("a session type"))
            session_type_id = self.codes.session_type_id(code, codes[0].position)
        if len(codes) > 1:
            status = self._code(codes[1], self.env._("a status"))
            self.codes.check("status", status, codes[1].position)
        fact = Fact(token.text, session_type_id, status, first, last)
        return self._fact(
            fact, "double" if token.text == "rate" else "int", value.position, is_member=value.text == "m"
        )

    def _period(self, token: Token, days: list[Value]) -> tuple[date | None, date | None]:
        if not days:
            return None, None
        if len(days) != 2:
            self._fail(days[0].position, self.env._("A period needs its first and its last date."))
        first, last = (day.literal for day in days)
        if first > last:
            self._fail(days[1].position, self.env._("The period ends before it begins."))
        return first, last

    def _members(self, value: Value, token: Token) -> Value:
        if token.text == "size":
            self._need(")")
            return self._ask_members(value, "size", "", value.position)
        name = self._peek()
        if name.kind != "name":
            self._fail(
                name.position,
                self.env._("A name for the member is needed first, for example members.%s(m, m.age < 18).", token.text),
            )
        if name.text in _WORDS:
            self._fail(
                name.position, self.env._("%s has a meaning of its own: call the member something else.", name.text)
            )
        self._index += 1
        self._need(",")
        self._member = name.text
        condition = self._choice()
        self._need_kind(condition, "bool")
        self._member = None
        self._need(")")
        if token.text == "filter":
            return Value("members", "", value.position, filters=(*value.filters, condition.text))
        return self._ask_members(value, token.text, condition.text, value.position)

    def _ask_members(self, value: Value, kind: str, condition: str, position: int) -> Value:
        key = f"q{len(self.reading.quantifiers)}"
        self.reading.quantifiers[key] = Quantifier(kind, value.filters, condition)
        return Value("int" if kind == "size" else "bool", f"p.{key}", position)

    def _kind_name(self, kind: str) -> str:
        return {
            "bool": self.env._("true or false"),
            "int": self.env._("a number"),
            "double": self.env._("a number"),
            "string": self.env._("a text"),
            "date": self.env._("a date"),
            "list": self.env._("a list"),
            "attendance": self.env._("the attendance as a whole"),
            "members": self.env._("the list of members"),
            "member": self.env._("a member as a whole"),
        }[kind]

    def _need_kind(self, value: Value, kind: str) -> None:
        if value.kind != kind:
            self._fail(
                value.position,
                self.env._(
                    "This has to be %(wanted)s, and it is %(found)s.",
                    wanted=self._kind_name(kind),
                    found=self._kind_name(value.kind),
                ),
            )

    def _need_number(self, value: Value) -> None:
        if value.kind not in NUMBERS:
            self._need_kind(value, "int")

    def _fail_mismatch(self, value: Value, other: Value) -> NoReturn:
        self._fail(
            value.position,
            self.env._(
                "%(this)s cannot be compared with %(other)s.",
                this=self._kind_name(value.kind).capitalize(),
                other=self._kind_name(other.kind),
            ),
        )
