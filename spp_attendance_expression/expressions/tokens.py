# Part of the SPP attendance suite. LGPL-3.
"""The text of an expression as words, numbers and signs, and what is said when the wrong one stands somewhere."""

import re
from dataclasses import dataclass
from typing import NoReturn

from odoo.api import Environment

from .values import MAX_LENGTH, ExpressionError

_TOKEN = re.compile(
    r"(?P<space>\s+|//[^\n]*)|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>\"[^\"\\\n]*\"|'[^'\\\n]*')|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()\[\]])",
    re.ASCII,
)
MISTAKES = {"=": "==", "&": "&&", "|": "||", "and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    position: int


class TokenReader:
    """Goes through the text token by token."""

    def __init__(self, env: Environment, text: str) -> None:
        self.env = env
        self._index = 0
        if len(text) > MAX_LENGTH:
            self._fail(0, env._("The expression is longer than %s characters: split it into several.", MAX_LENGTH))
        self._tokens = self._split(text)

    def _split(self, text: str) -> list[Token]:
        tokens: list[Token] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match:
                self._fail_character(text[position], position)
            if match.lastgroup != "space":
                tokens.append(Token(match.lastgroup or "", match.group(), position))
            position = match.end()
        return [*tokens, Token("end", "", position)]

    def _peek(self) -> Token:
        return self._tokens[self._index]

    def _take(self, *texts: str) -> Token | None:
        """Go past the next token if it is one of these signs, and return it."""
        token = self._peek()
        if token.kind in ("sign", "name") and token.text in texts:
            self._index += 1
            return token
        return None

    def _need(self, text: str) -> Token:
        token = self._take(text)
        if not token:
            self._fail_unexpected(self._peek(), text)
        return token

    def _fail(self, position: int, message: str) -> NoReturn:
        raise ExpressionError(position, message)

    def _fail_character(self, character: str, position: int) -> NoReturn:
        if character in "“”„‘’«»":
            self._fail(position, self.env._("Use straight quotes instead of %s.", character))
        if character in "\"'":
            self._fail(position, self.env._("A text begins here that has no closing quote on its line."))
        if hint := MISTAKES.get(character):
            self._fail(position, self.env._("Write %(right)s instead of %(wrong)s.", right=hint, wrong=character))
        self._fail(position, self.env._("%s is not used in expressions.", character))

    def _fail_unexpected(self, token: Token, wanted: str = "") -> NoReturn:
        if token.text in MISTAKES:
            self._fail(
                token.position,
                self.env._("Write %(right)s instead of %(wrong)s.", right=MISTAKES[token.text], wrong=token.text),
            )
        if token.kind == "end":
            message = (
                self.env._("The expression ends too early: %s is missing.", wanted)
                if wanted
                else self.env._("The expression ends too early.")
            )
        elif wanted:
            message = self.env._("%(wanted)s is expected here instead of %(found)s.", wanted=wanted, found=token.text)
        else:
            message = self.env._("%s is not expected here.", token.text)
        self._fail(token.position, message)
