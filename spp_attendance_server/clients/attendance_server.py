# Part of the SPP attendance suite. LGPL-3.
"""Client of an external attendance server, of both generations (docs of the wire contract: Odoo module spp_attendance).

Free of Odoo: nothing here opens a transaction, and whoever uses it decides when to write.
"""

import base64
import hashlib
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import islice
from typing import Any, Self
from urllib.parse import quote

from .answers import (
    AttendanceRecord,
    CatalogueEntry,
    check_dates,
    parse_catalogue,
    parse_person,
    parse_persons,
    unusable,
)
from .chunk import Chunk, Question, build_chunk, known_chunk
from .errors import AttendanceServerError, BadAnswer, BadSettings, Refused, _lt, fill, server_words
from .transport import Answer, Query, Secret, Transport

_TOKEN_SECONDS = 600
_TOKEN_SHARE = 0.8
_LONGEST_TOKEN_SECONDS = 24 * 3600
#: More attendances of one person in one question than this are not believed.
_MOST_RECORDS = 100_000
#: What intermediaries answer to a GET with a body when they do not pass it on.
_BODY_REFUSED = frozenset({403, 405, 411, 413, 501})
#: The server has other routes, or none, for these.
_NO_PERSON_ADDRESS = frozenset({"types", "locations", ".", ".."})
_UNKNOWN_PERSON = re.compile(r"PersonID\b.*\bdoes not exist\.?", re.DOTALL)


class _BodyLost(Exception):
    """The identifiers did not reach the server."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step of the connection test came to.

    :ivar step: "reach", "token", "types", "locations" or "generation"
    :ivar template: sentence, with places for `values`; to be translated like an `AttendanceServerError`
    :ivar found: types or locations as (external id, name, description); the generation
    """

    step: str
    ok: bool
    template: str
    values: dict[str, object]
    found: list[CatalogueEntry] | str | None = None

    @property
    def sentence(self) -> str:
        """The sentence in English."""
        return fill(self.template, self.values)


class AttendanceServerClient:
    """One attendance server, asked with one client id. For one thread; a context manager that closes connections.

    :param base_url: `https://host[:port][/path]`
    :param client_id: text
    :param client_secret: text; in no repr, log or exception
    :param page_size: most persons per question, 1 or more
    :param connect_timeout: seconds
    :param read_timeout: seconds without a byte of an answer
    :param authorities: certificates of the authorities to trust instead of the usual ones, a text in PEM form
    :param allow_http: whether a base URL without TLS is allowed
    :param retries: how often a question is repeated
    :param max_response_bytes: longest answer
    :param backoff_seconds: pause before the second repetition, doubled each time
    :raise BadSettings: when one of these cannot work
    """

    def __init__(
        self,
        base_url: str,
        client_id: str,
        client_secret: str,
        *,
        auth_endpoint: str = "/auth/token",
        attendances_endpoint: str = "/attendances",
        types_endpoint: str = "/attendance/types",
        locations_endpoint: str = "/attendance/locations",
        person_endpoint: str = "/attendance",
        subscribers_endpoint: str = "/subscribers",
        page_size: int = 100,
        connect_timeout: float = 5,
        read_timeout: float = 60,
        authorities: str | None = None,
        allow_http: bool = False,
        retries: int = 4,
        max_response_bytes: int = 32_000_000,
        backoff_seconds: float = 1,
    ) -> None:
        if page_size < 1:
            raise BadSettings(_lt("The page size must be 1 or more."))
        self._transport = Transport(
            base_url,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            authorities=authorities,
            allow_http=allow_http,
            retries=retries,
            backoff_seconds=backoff_seconds,
            max_response_bytes=max_response_bytes,
        )
        self._client_id = client_id
        self._secret = Secret(client_secret)
        self._auth_endpoint = auth_endpoint
        self._attendances_endpoint = attendances_endpoint
        self._types_endpoint = types_endpoint
        self._locations_endpoint = locations_endpoint
        self._person_endpoint = person_endpoint.rstrip("/")
        self._subscribers_endpoint = subscribers_endpoint
        for endpoint in (auth_endpoint, attendances_endpoint, types_endpoint, locations_endpoint, person_endpoint):
            self._transport.address(endpoint)
        self.page_size = page_size
        self._token: Secret | None = None
        self._renew_at = 0.0
        self._bodies_get_lost = False

    def __repr__(self) -> str:
        return f"AttendanceServerClient({self._transport.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the client can still be used."""
        self._transport.close()

    # --- connection test and catalogues

    def test_connection(self) -> Iterator[StepResult]:
        """Try everything that a fetch needs, one step after the other. Raises nothing.

        :return: generator of `StepResult`; ends early when the server cannot be reached or refuses the secret
        """
        for step, ask, template in (
            ("reach", self._reach, _lt("The attendance server answers.")),
            ("token", self._renew_token, _lt("The client id and the secret are accepted.")),
            ("types", self.types, _lt("Attendance types found: %(count)s.")),
            ("locations", self.locations, _lt("Attendance locations found: %(count)s.")),
            ("generation", self.generation, _lt("The attendance server is of generation %(generation)s.")),
        ):
            try:
                found = ask()
            except AttendanceServerError as error:
                yield StepResult(step, False, error.template, error.values)
                if step in ("reach", "token"):
                    return
                continue
            values: dict[str, object] = {}
            if isinstance(found, list):
                values["count"] = len(found)
            elif found:
                values["generation"] = found
            yield StepResult(step, True, template, values, found)

    def types(self) -> list[CatalogueEntry]:
        """The server's attendance types: list of (external id, name, description) as texts.

        :raise AttendanceServerError: no usable answer
        """
        return parse_catalogue(self._get(self._types_endpoint).json())

    def locations(self) -> list[CatalogueEntry]:
        """The server's attendance locations: list of (external id, name, description) as texts.

        :raise AttendanceServerError: no usable answer
        """
        return parse_catalogue(self._get(self._locations_endpoint).json())

    def generation(self) -> str:
        """Which generation the server is of: "S1" has no subscribers to ask for, "S2" has.

        :raise AttendanceServerError: no usable answer
        """
        answer = self._authorised(self._subscribers_endpoint, query={"limit": 1})
        if answer.status == 404:
            return "S1"
        value = self._expect_success(answer, self._subscribers_endpoint).json()
        if isinstance(value, dict) and isinstance(value.get("records"), list) and "pagination" in value:
            return "S2"
        raise unusable("subscribers have no records and pagination")

    # --- attendance

    def fetch(
        self,
        person_identifiers: Iterable[str],
        date_from: date,
        date_to: date,
        type_id: str | int | None = None,
        location_id: str | int | None = None,
        known_digest: str | None = None,
    ) -> Iterator[Chunk]:
        """Ask for the attendance of persons in a window, a page of persons at a time.

        The next question is sent when the next chunk is asked for, so nothing piles up in memory.

        :param person_identifiers: iterable of texts, as long as it likes; repeated ones are asked for once per chunk
        :param date_from: `date`, first day
        :param date_to: `date`, last day
        :param type_id: external id of the only type wanted
        :param location_id: external id of the only location wanted
        :param known_digest: digest of an earlier answer about the same persons, which was read then: an equal one is not read
        :return: generator of `Chunk`, which raises `AttendanceServerError` when an answer fails or cannot be trusted
        :raise ValueError: wrong arguments; an empty identifier only when its chunk is reached
        """
        if not (isinstance(date_from, date) and isinstance(date_to, date) and date_from <= date_to):
            raise ValueError("fetch needs two dates, the first not after the second")
        ids = ["" if value is None else str(value) for value in (type_id, location_id)]
        if any(value and not (value.isascii() and value.isdigit()) for value in ids):
            raise ValueError("types and locations of an attendance server are numbers")
        return self._chunks(iter(person_identifiers), Question(date_from, date_to, *ids), known_digest)

    def _chunks(self, identifiers: Iterator[str], question: Question, known_digest: str | None) -> Iterator[Chunk]:
        while asked := tuple(dict.fromkeys(islice(identifiers, self.page_size))):
            if not all(isinstance(identifier, str) and identifier.strip() for identifier in asked):
                raise ValueError("a person identifier is a text that is not empty")
            if not self._bodies_get_lost:
                try:
                    chunk = self._ask_together(asked, question, known_digest)
                except _BodyLost:
                    self._bodies_get_lost = True
            if self._bodies_get_lost:
                chunk = self._ask_one_by_one(asked, question)
            yield chunk

    def _ask_together(self, asked: tuple[str, ...], question: Question, known_digest: str | None) -> Chunk:
        """All persons in one question.

        :raise _BodyLost: the server answered about somebody else, or more persons than asked for
        """
        persons: dict[str, tuple[AttendanceRecord, ...]] = {}
        wanted, digest, page = frozenset(asked), sha256(), 0
        while True:
            page += 1
            answer = self._authorised(
                self._attendances_endpoint,
                query=question.query(page, self.page_size),
                value={"person_ids": asked},
            )
            if answer.status in _BODY_REFUSED:
                raise _BodyLost
            digest.update(self._expect_success(answer, self._attendances_endpoint).body)
            if digest.hexdigest() == known_digest:
                return known_chunk(asked, known_digest)
            found = parse_persons(answer.json())
            if found.total > len(asked) or any(person.identifier not in wanted for person in found.items):
                raise _BodyLost
            known_before = len(persons)
            for person in found.items:
                if person.identifier in persons:
                    raise unusable("a person is there twice, or a page repeats persons of an earlier page")
                persons[person.identifier] = person.records
            if len(persons) >= found.total:
                return build_chunk(asked, persons, (), question, digest)
            if len(persons) == known_before:
                raise unusable("a page is empty although more persons were announced")

    def _ask_one_by_one(self, asked: tuple[str, ...], question: Question) -> Chunk:
        persons: dict[str, tuple[AttendanceRecord, ...]] = {}
        unaskable: list[str] = []
        digest = sha256()
        for identifier in asked:
            if not _has_address(identifier):
                unaskable.append(identifier)
                continue
            records = self._ask_person(identifier, question, digest)
            if records is not None:
                persons[identifier] = records
        return build_chunk(asked, persons, unaskable, question, digest, one_by_one=True)

    def _ask_person(
        self, identifier: str, question: Question, digest: "hashlib._Hash"
    ) -> tuple[AttendanceRecord, ...] | None:
        """All records of one person, page by page; None for one unknown to the server."""
        endpoint = f"{self._person_endpoint}/{quote(identifier, safe='')}"
        records: dict[str, AttendanceRecord] = {}
        dates_present: frozenset[date] | None = None
        page = 0
        while True:
            page += 1
            answer = self._authorised(endpoint, query=question.query(page, self.page_size))
            digest.update(answer.body)
            if answer.status == 400 and _UNKNOWN_PERSON.fullmatch(_error_text(answer)) and page == 1:
                return None
            person, total = parse_person(self._expect_success(answer, self._person_endpoint).json())
            if person.identifier != identifier:
                raise unusable("person_id is not the person asked for")
            if dates_present not in (None, person.dates_present):
                raise unusable("dates_present changed between two pages")
            if total > _MOST_RECORDS:
                raise unusable("pagination.total_records is beyond belief")
            dates_present, known_before = person.dates_present, len(records)
            for record in person.records:
                if record.external_id in records:
                    raise unusable("an attendance is there twice, or a page repeats attendances of an earlier page")
                records[record.external_id] = record
            if len(records) >= total:
                check_dates(dates_present, records.values())
                return tuple(records.values())
            if len(records) == known_before:
                raise unusable("a page is empty although more attendances were announced")

    # --- questions with a token

    def _reach(self) -> None:
        """Any answer will do: the token route takes no GET, and nothing secret is sent."""
        status = self._transport.send("GET", self._auth_endpoint).status
        if status >= 500:
            raise BadAnswer(
                _lt("The attendance server fails with an error of its own (status %(status)s)."), status=status
            )

    def _get(self, endpoint: str) -> Answer:
        return self._expect_success(self._authorised(endpoint), endpoint)

    def _authorised(self, endpoint: str, *, query: Query | None = None, value: Any = None) -> Answer:
        """GET with the token, once more with a new one when the server does not accept it."""
        if self._token is None or time.monotonic() >= self._renew_at:
            self._renew_token()
        answer = self._transport.send("GET", endpoint, query=query, value=value, token=self._token)
        if answer.status == 401:
            self._renew_token()
            answer = self._transport.send("GET", endpoint, query=query, value=value, token=self._token)
        return answer

    def _renew_token(self) -> None:
        self._token = None
        value = {"client_id": self._client_id, "client_secret": self._secret.value}
        answer = self._transport.send("POST", self._auth_endpoint, value=value)
        content = self._expect_success(answer, self._auth_endpoint).json()
        token = content.get("access_token") if isinstance(content, dict) else None
        if not (isinstance(token, str) and re.fullmatch(r"[\x21-\x7e]{1,8192}", token)):
            raise unusable("access_token is not a text of one word")
        self._token = Secret(token)
        self._renew_at = time.monotonic() + _TOKEN_SHARE * _token_seconds(token)

    def _expect_success(self, answer: Answer, endpoint: str) -> Answer:
        """The answer, if its status is 200.

        :raise AttendanceServerError: the sentence for another status
        """
        status = answer.status
        if status == 200:
            return answer
        if status == 401:
            if endpoint != self._auth_endpoint:
                raise Refused(
                    _lt("The attendance server does not accept its own token: its clock or its keys may have changed.")
                )
            raise Refused(
                _lt("The attendance server does not accept the client id and the secret: enter the current ones.")
            )
        if status == 404:
            raise BadAnswer(
                _lt("The attendance server has nothing at %(endpoint)s: check the endpoint."), endpoint=endpoint
            )
        secrets = [self._secret.value, self._client_id, self._token.value if self._token else ""]
        words = server_words(_error_text(answer), secrets)
        if words:
            raise BadAnswer(
                _lt(
                    "The attendance server refused the question (status %(status)s). Its own words: “%(server_words)s”"
                ),
                status=status,
                server_words=words,
            )
        raise BadAnswer(_lt("The attendance server fails with an error of its own (status %(status)s)."), status=status)


def _has_address(identifier: str) -> bool:
    """Whether GET /attendance/<identifier> can mean this person; quoting does not help against a "/"."""
    try:
        identifier.encode()
    except UnicodeEncodeError:
        return False
    return "/" not in identifier and identifier not in _NO_PERSON_ADDRESS


def _error_text(answer: Answer) -> str:
    """What a server says in one of its two error shapes; "" where it says nothing in them."""
    try:
        value = answer.json()
    except BadAnswer:
        return ""
    error = value.get("error") if isinstance(value, dict) else None
    text = error.get("message") if isinstance(error, dict) else value.get("error_description") if error else None
    return text if isinstance(text, str) else ""


def _token_seconds(token: str) -> float:
    """Life time of a token: what its own two moments are apart, as the server's clock may be hours off."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        seconds = claims["exp"] - claims["iat"]
        return seconds if 0 < seconds <= _LONGEST_TOKEN_SECONDS else _TOKEN_SECONDS
    except (IndexError, KeyError, TypeError, ValueError, RecursionError):
        return _TOKEN_SECONDS
