# Part of the SPP attendance suite. LGPL-3.
"""Reads an attendance expression once: checks it, collects the facts it needs and rewrites it for the CEL library.

The language is the part of CEL that a formula about attendance needs. The library only tells where a sentence breaks
off; names, types and codes are checked here, each with its place. What is asked about a person or a group (age,
attendance.rate("FDS"), ...) becomes a `Fact`; in the text for the library it is a field of the map `p` (the subject) or
`g` (the group around a member), which is absent when the value is not known.
"""

from collections.abc import Callable

from odoo.api import Environment

from .names import NameReader
from .values import MAX_NESTING, NUMBERS, Reading, Value


class ExpressionReader(NameReader):
    """One pass over the text, one method for each level of precedence."""

    def __init__(self, env: Environment, text: str, target: str) -> None:
        super().__init__(env, text, target)
        self._depth = 0

    def parse(self) -> Reading:
        """Read the whole expression.

        :return: Reading
        :raise ExpressionError: with the place and a sentence about what is wrong there
        """
        value = self._choice()
        rest = self._peek()
        if rest.kind != "end":
            self._fail_unexpected(rest)
        if value.kind != "bool":
            self._fail(
                value.position,
                self.env._(
                    "The expression is %s, not true or false: compare it with something, for example >= 80.",
                    self._kind_name(value.kind),
                ),
            )
        self.reading.text = value.text
        return self.reading

    # --- operators, the loosest first

    def _choice(self) -> Value:
        self._depth += 1
        if self._depth > MAX_NESTING:
            self._fail(
                self._peek().position, self.env._("More than %s levels of brackets: split the expression.", MAX_NESTING)
            )
        value = self._either()
        if self._take("?"):
            self._need_kind(value, "bool")
            yes = self._either()
            self._need(":")
            no = self._choice()
            if yes.kind in NUMBERS and no.kind in NUMBERS:
                yes, no = self._same_numbers(yes, no)
            if yes.kind != no.kind or yes.kind in ("members", "member", "attendance", "date", "list"):
                self._fail_mismatch(no, yes)
            value = Value(yes.kind, f"({value.text} ? {yes.text} : {no.text})", value.position)
        self._depth -= 1
        return value

    def _either(self) -> Value:
        return self._logical("||", self._both)

    def _both(self) -> Value:
        return self._logical("&&", self._comparison)

    def _logical(self, sign: str, part: Callable[[], Value]) -> Value:
        value = part()
        while self._take(sign):
            self._need_kind(value, "bool")
            other = part()
            self._need_kind(other, "bool")
            value = Value("bool", f"({value.text} {sign} {other.text})", value.position)
        return value

    def _comparison(self) -> Value:
        value = self._sum()
        token = self._take("==", "!=", "<", "<=", ">", ">=", "in")
        if not token:
            return value
        other = self._sum()
        if token.text == "in":
            self._check_in(value, other)
        elif token.text in ("==", "!="):
            if not (value.kind in NUMBERS and other.kind in NUMBERS) and (
                value.kind != other.kind or value.kind not in ("bool", "string")
            ):
                self._fail_mismatch(other, value)
            self._check_codes(value, other)
            self._check_codes(other, value)
        else:
            for part in (value, other):
                if part.kind not in NUMBERS:
                    self._fail(
                        part.position,
                        self.env._(
                            "%(sign)s compares numbers, and this is %(kind)s.",
                            sign=token.text,
                            kind=self._kind_name(part.kind),
                        ),
                    )
        if again := self._take("==", "!=", "<", "<=", ">", ">=", "in"):
            self._fail(again.position, self.env._("Only two things can be compared at once: join comparisons with &&."))
        return Value("bool", f"({value.text} {token.text} {other.text})", value.position)

    def _check_in(self, value: Value, other: Value) -> None:
        if other.kind != "list":
            self._fail(other.position, self.env._('After "in" a list is needed, for example ["1", "2"].'))
        if value.kind not in (*NUMBERS, "string"):
            self._fail_mismatch(other, value)
        for part in other.literal:
            if (part.kind in NUMBERS) != (value.kind in NUMBERS):
                self._fail_mismatch(part, value)
            self._check_codes(value, part)

    def _check_codes(self, value: Value, other: Value) -> None:
        if value.codes and other.literal is not None:
            self.codes.check(value.codes, other.literal, other.position)

    def _sum(self) -> Value:
        return self._arithmetic(("+", "-"), self._product)

    def _product(self) -> Value:
        return self._arithmetic(("*", "/", "%"), self._sign)

    def _arithmetic(self, signs: tuple[str, ...], part: Callable[[], Value]) -> Value:
        value = part()
        while token := self._take(*signs):
            self._need_number(value)
            other = part()
            self._need_number(other)
            if token.text == "%":
                self._fail(token.position, self.env._("Write a percentage without the sign %, for example 80."))
            if token.text == "/":
                # a true quotient; nothing can be said when it is divided by zero
                value = Value(
                    "double",
                    f"(double({value.text}) / [double({other.text})].filter(x, x != 0.0)[0])",
                    value.position,
                )
                continue
            value, other = self._same_numbers(value, other)
            value = Value(value.kind, f"({value.text} {token.text} {other.text})", value.position)
        return value

    def _same_numbers(self, value: Value, other: Value) -> tuple[Value, Value]:
        if value.kind == other.kind:
            return value, other
        return self._double(value), self._double(other)

    @staticmethod
    def _double(part: Value) -> Value:
        return part if part.kind == "double" else Value("double", f"double({part.text})", part.position)

    def _sign(self) -> Value:
        token = self._take("!", "-")
        if not token:
            return self._member_access()
        self._depth += 1
        if self._depth > MAX_NESTING:
            self._fail(token.position, self.env._("Too many signs in a row."))
        value = self._sign()
        self._depth -= 1
        if token.text == "!":
            self._need_kind(value, "bool")
        else:
            self._need_number(value)
        return Value(value.kind, f"{token.text}{value.text}", token.position)
