# Part of the SPP attendance suite. LGPL-3.
"""HTTP to one server: one way of joining addresses, time-outs, bounded retries, size limit, no redirects."""

import json
import logging
import random
import ssl
import tempfile
import time
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import IO, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.utils import get_environ_proxies
from urllib3 import BaseHTTPResponse
from urllib3.util import Retry

from .errors import AttendanceServerError, BadAnswer, BadSettings, Interrupted, TimedOut, Unreachable, _lt

_logger = logging.getLogger(__name__)

#: Answers that say "later", which are worth another try.
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
_LONGEST_PAUSE = 60
_PIECE = 64 * 1024
#: A server that keeps sending a few bytes is given up after this many read time-outs.
_WHOLE_ANSWER = 10

#: Parameters behind the "?" of an address.
Query = dict[str, str | int]


class Secret:
    """A text that shows in no repr, log or traceback."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "***"


class Patience(Retry):
    """How often and after which pauses something is tried again: longer each time, never in step with others."""

    def get_backoff_time(self) -> float:
        return super().get_backoff_time() or random.uniform(0, self.backoff_jitter)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return min(asked, _LONGEST_PAUSE) if asked else asked


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body of an HTTP answer."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body as JSON value.

        :raise BadAnswer: when it is none
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise BadAnswer(
                _lt("The attendance server answered with something else than data, for example a web page.")
            ) from None


@dataclass(slots=True)
class _Failure:
    """Why an attempt failed: what to raise in the end, what `Retry` counts it as, the answer that asked to wait."""

    error: AttendanceServerError
    counts_as: Exception | None = None
    response: BaseHTTPResponse | None = None


class Transport:
    """Requests to one server.

    :param base_url: `https://host[:port][/path]`; `http` only with `allow_http`
    :param connect_timeout: seconds
    :param read_timeout: seconds without a byte; a whole answer may take ten times as long
    :param authorities: certificates of the authorities to trust instead of the usual ones, a text in PEM form
    :param retries: how often a read or the token request is tried again; a read time-out only once
    :param backoff_seconds: pause before the second repetition; it doubles each time, at most a minute
    :param max_response_bytes: longest body, after decompression
    :raise BadSettings: when one of these cannot work
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout: float,
        read_timeout: float,
        authorities: str | None,
        allow_http: bool,
        retries: int,
        backoff_seconds: float,
        max_response_bytes: int,
    ) -> None:
        self.base_url = _checked_base_url(base_url, allow_http)
        self._trusted = _private_file(_checked_authorities(authorities)) if authorities else None
        self._verify = self._trusted.name if self._trusted else True
        self._timeout = (connect_timeout, read_timeout)
        self._max_bytes = max_response_bytes
        self._patience = Patience(
            total=retries,
            read=min(retries, 1),
            allowed_methods=frozenset({"GET", "POST"}),
            status_forcelist=RETRIED_STATUSES,
            backoff_factor=backoff_seconds / 2,
            backoff_jitter=backoff_seconds,
            backoff_max=_LONGEST_PAUSE,
        )
        self._session = requests.Session()
        self._session.trust_env = False  # a .netrc would replace our token, REQUESTS_CA_BUNDLE our trust
        self._session.proxies = get_environ_proxies(self.base_url)
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["Accept"] = "application/json"
        self._session.headers["Accept-Encoding"] = "gzip, deflate"

    def close(self) -> None:
        self._session.close()

    def address(self, endpoint: str) -> str:
        """The address of an endpoint: always below the base URL, whichever slashes both have.

        :raise BadSettings: for an endpoint that is no plain path
        """
        if "://" in endpoint or any(sign in endpoint for sign in "?#\\") or ".." in endpoint.split("/"):
            raise BadSettings(
                _lt("The endpoint “%(endpoint)s” must be a path below the base URL, like /attendances."),
                endpoint=endpoint,
            )
        return f"{self.base_url}/{endpoint.lstrip('/')}"

    def send(
        self, method: str, endpoint: str, *, query: Query | None = None, value: Any = None, token: Secret | None = None
    ) -> Answer:
        """Send a request that may be repeated without harm, and read the whole answer.

        :param method: "GET", or "POST" for the token
        :param query: dict of query parameters
        :param value: value for a JSON body
        :param token: `Secret` of the bearer token
        :return: `Answer`; any status except 3xx and those that mean "later"
        :raise AttendanceServerError: no usable answer after all attempts
        """
        address = self.address(endpoint)
        headers = {"Authorization": f"Bearer {token.value}"} if token else {}
        patience = self._patience
        while True:
            answer = self._attempt(method, address, params=query, json=value, headers=headers)
            if isinstance(answer, Answer):
                return answer
            try:
                patience = patience.increment(method, None, answer.response, answer.counts_as)
            except urllib3.exceptions.HTTPError:
                raise answer.error from None
            _logger.info("Trying %s %s again: %s", method, self.base_url, type(answer.error).__name__)
            patience.sleep(answer.response)

    def _attempt(self, method: str, address: str, **parts: Any) -> Answer | _Failure:
        """An `Answer`, or a `_Failure` worth another try; other failures are raised."""
        try:
            response = self._session.request(
                method, address, timeout=self._timeout, verify=self._verify, allow_redirects=False, stream=True, **parts
            )
        except OSError as error:  # all of requests' exceptions are
            return self._no_response(error)
        with response:
            if response.status_code in RETRIED_STATUSES:
                failure = _lt(
                    "The attendance server is not available at the moment (status %(status)s): try again later."
                )
                return _Failure(Unreachable(failure, status=response.status_code), response=response.raw)
            if 300 <= response.status_code < 400:
                raise BadAnswer(
                    _lt("The attendance server sends us on to another address; enter the right base URL instead.")
                )
            try:
                return Answer(response.status_code, self._read(response))
            except urllib3.exceptions.ReadTimeoutError as error:
                return _Failure(self._timed_out(), counts_as=error)
            except urllib3.exceptions.DecodeError:
                raise BadAnswer(_lt("The compressed answer of the attendance server is broken.")) from None
            except (urllib3.exceptions.HTTPError, OSError):
                return _Failure(_interrupted(), counts_as=urllib3.exceptions.HTTPError())

    def _read(self, response: requests.Response) -> bytes:
        deadline = time.monotonic() + self._timeout[1] * _WHOLE_ANSWER
        body = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > self._max_bytes:
                raise BadAnswer(
                    _lt(
                        "The answer of the attendance server is larger than %(megabytes)s MB: choose a smaller page size."
                    ),
                    megabytes=max(1, self._max_bytes // 1_000_000),
                )
            if time.monotonic() > deadline:
                raise self._timed_out()
        return bytes(body)

    def _timed_out(self) -> TimedOut:
        return TimedOut(
            _lt(
                "The attendance server did not answer within %(seconds)s seconds: choose a smaller page size or a longer"
                " time-out."
            ),
            seconds=self._timeout[1],
        )

    def _no_response(self, error: OSError) -> _Failure:
        kinds = requests.exceptions
        if isinstance(error, kinds.SSLError) or not isinstance(error, kinds.RequestException):
            raise Unreachable(
                _lt("The certificate of the attendance server is not trusted: check the address and the authorities.")
            ) from None
        if isinstance(error, kinds.ReadTimeout):
            return _Failure(self._timed_out(), urllib3.exceptions.ReadTimeoutError(None, None, ""))  # type: ignore[arg-type]  # nobody asks which pool
        if not isinstance(error, kinds.ConnectionError | kinds.Timeout):
            raise BadSettings(_lt("The address of the attendance server cannot be used.")) from None
        cause = error.args[0] if error.args else None
        if isinstance(cause, urllib3.exceptions.ProtocolError):
            return _Failure(_interrupted(), urllib3.exceptions.HTTPError())
        return _Failure(
            Unreachable(_lt("The attendance server cannot be reached: check the address, the network and the server.")),
            urllib3.exceptions.HTTPError(),
        )


def _checked_authorities(authorities: str) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=authorities)
    except (ValueError, ssl.SSLError):
        raise _no_authorities() from None
    if not context.cert_store_stats()["x509"] or "PRIVATE KEY" in authorities:
        raise _no_authorities()
    return authorities


def _no_authorities() -> BadSettings:
    return BadSettings(
        _lt(
            "The trusted authorities must be their certificates in PEM form, beginning with -----BEGIN CERTIFICATE-----."
        )
    )


def _private_file(text: str) -> IO[str]:
    """A file that only this user may read, for a library that takes nothing else; gone with the object."""
    file = tempfile.NamedTemporaryFile("w", suffix=".pem")
    file.write(text)
    file.flush()
    return file


def _interrupted() -> Interrupted:
    return Interrupted(_lt("The connection to the attendance server was cut before its answer was complete."))


def _checked_base_url(base_url: str, allow_http: bool) -> str:
    try:
        parts = urlsplit((base_url or "").strip())
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise BadSettings(_lt("The base URL must look like https://attendance.example.org."))
    if parts.scheme == "http" and not allow_http:
        raise BadSettings(
            _lt(
                "The base URL must begin with https://; without it, secrets and personal data could be read on the way."
            )
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise BadSettings(_lt("The base URL must not have a user name, a password, a “?” or a “#” in it."))
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
