# Part of the SPP attendance suite. LGPL-3.
"""Routes for devices: the body stays as it came, its size is limited, and errors are answered in the device's own dialect."""

import json
import re
from http import HTTPStatus

from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)

from odoo.http import Dispatcher, Response

_LENGTH = re.compile(r"[0-9]{1,15}")


class RawBodyDispatcher(Dispatcher):
    """Serves routes whose callers are devices; subclasses name a ``routing_type`` and their dialect of errors.

    Odoo's own dispatchers read a form-encoded body away before the controller sees it, cut a streamed body off at the
    limit without a word, and answer errors in HTML. Here the controller asks for the body with `body`, whatever its
    content type; it gets all of it or an error. The route's ``max_content_length`` is the limit in bytes. Nothing is
    kept in a session. Odoo commits before the answer leaves, and repeats the controller when others wrote the same rows
    at the same time: the body is read once and is there again.
    """

    routing_type = "spp_raw_body"

    #: Limit in bytes of routes that state none.
    max_body = 1024 * 1024
    #: Whether a body may come in chunks, which do not say beforehand how long it is.
    accepts_chunks = False

    def __init__(self, request):
        super().__init__(request)
        self._body = None

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def pre_dispatch(self, rule, args):
        http = self.request.httprequest
        http.max_content_length = self.max_body
        super().pre_dispatch(rule, args)
        self.limit = http.max_content_length
        # a streamed body of just this length is whole, one of a byte more is not: werkzeug stops reading without an error
        http.max_content_length = self.limit + 1
        # nobody parses the body behind the controller's back, not even Odoo before it repeats the request
        http.form = http.files = ImmutableMultiDict()
        self.request.session.can_save = False

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def check_length(self):
        """Refuse what says that it is too large, before anything of it is read.

        :return: length in bytes, or None when nothing says how long the body is
        :raise BadRequest: the length is no number
        :raise RequestEntityTooLarge: the length is above the limit of the route
        """
        headers, env = self.request.httprequest.headers, self.request.env
        length = headers.get("Content-Length")
        if length is None or "chunked" in headers.get("Transfer-Encoding", "").lower():
            return None
        if not _LENGTH.fullmatch(length.strip()):
            raise BadRequest(env._("The header Content-Length is no number. Send the length of the body in bytes."))
        if int(length) > self.limit:
            raise self._too_large()
        return int(length)

    def body(self):
        """What the device sent, whole and unchanged; read once, however often the request is repeated.

        :return: bytes
        :raise BadRequest: the connection broke off, or the length is no number
        :raise LengthRequired: nothing says how long the body is
        :raise RequestEntityTooLarge: it is larger than the limit of the route
        :raise UnsupportedMediaType: it is compressed
        """
        if self._body is None:
            if self.check_length() is None and not self._is_streamed():
                raise LengthRequired(self.request.env._("Send the length of the body in the header Content-Length."))
            if self.request.httprequest.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
                raise UnsupportedMediaType(self.request.env._("Send the body without compression."))
            try:
                body = self.request.httprequest.get_data()
            except ClientDisconnected:
                raise BadRequest(
                    self.request.env._("The connection broke off before the whole body was there. Send it again.")
                ) from None
            if len(body) > self.limit:
                raise self._too_large()
            self._body = body
        return self._body

    def _is_streamed(self):
        """Whether the end of the body is known although its length is not; a GET has no body."""
        http = self.request.httprequest
        if http.headers.get("Transfer-Encoding") is None:
            return http.method in ("GET", "HEAD")
        return self.accepts_chunks and http.headers["Transfer-Encoding"].strip().lower() == "chunked"

    def _too_large(self):
        return RequestEntityTooLarge(
            self.request.env._("The body is larger than %s bytes. Send it in smaller parts.", self.limit)
        )

    def handle_error(self, exc):
        if isinstance(exc, HTTPException) and exc.code:
            return self.refuse(exc.code, exc.description or HTTPStatus(exc.code).phrase)
        return self.refuse(
            HTTPStatus.INTERNAL_SERVER_ERROR, self.request.env._("The server failed. Send it again later.")
        )

    def refuse(self, status, detail, headers=None, **extensions):
        """An error in the dialect of the device; here plain text.

        :param int status: HTTP status
        :param str detail: one sentence: what is wrong and what to do
        :param dict headers: further headers of the answer
        :param extensions: what a dialect can say beyond that
        :return: `odoo.http.Response`
        """
        return Response(f"{detail}\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)


class ProblemDispatcher(RawBodyDispatcher):
    """Serves routes that answer errors as RFC 9457 describes them, ``application/problem+json``."""

    routing_type = "spp_problem"

    def refuse(self, status, detail, headers=None, **extensions):
        body = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": int(status),
            "detail": detail,
            **extensions,
        }
        return Response(json.dumps(body), status=status, content_type="application/problem+json", headers=headers)
