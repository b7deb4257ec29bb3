# Part of the SPP attendance suite. LGPL-3.
"""What can go wrong with an attendance server, each as one plain sentence."""

import re
import unicodedata
from collections.abc import Iterable

SERVER_TEXT_LENGTH = 200


def _lt(text: str) -> str:
    """Mark a text for translation; whoever shows it translates it (see `AttendanceServerError`)."""
    return text


def fill(template: str, values: dict[str, object]) -> str:
    """The English sentence of a template."""
    return template % values if values else template


def server_words(text: object, secrets: Iterable[str] = ()) -> str:
    """Words of a server, made harmless: one line of at most 200 letters, no control characters, no secrets.

    :param text: anything; what is no text gives ""
    :param secrets: texts that must not be in the result
    """
    if not isinstance(text, str):
        return ""
    text = text[: SERVER_TEXT_LENGTH * 50]
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    text = "".join(letter if unicodedata.category(letter)[0] != "C" else " " for letter in text)
    text = re.sub(r"\s+", " ", text).strip()
    return text if len(text) <= SERVER_TEXT_LENGTH else text[: SERVER_TEXT_LENGTH - 1] + "…"


class AttendanceServerError(Exception):
    """An attendance server could not be used.

    `str(error)` is the sentence in English. For another language: `env._(error.template, **error.values)`.

    :ivar template: sentence with places like `%(status)s`; marked for translation
    :ivar values: what belongs into the places, safe to show and without secrets
    """

    def __init__(self, template: str, **values: object) -> None:
        self.template = template
        self.values = values
        super().__init__(fill(template, values))


class BadSettings(AttendanceServerError):
    """The address, an endpoint or another setting cannot work."""


class Unreachable(AttendanceServerError):
    """No connection, no trust in the certificate, or a server that says it is not available at the moment."""


class TimedOut(AttendanceServerError):
    """The server took longer to answer than it may."""


class Refused(AttendanceServerError):
    """The client id, the secret or the token is not accepted."""


class BadAnswer(AttendanceServerError):
    """The server answered, but with an error of its own or with something that cannot be trusted."""


class Interrupted(AttendanceServerError):
    """The connection ended in the middle."""
