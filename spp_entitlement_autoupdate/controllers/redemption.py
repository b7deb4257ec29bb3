# Part of the SPP attendance suite. LGPL-3.
"""Where devices of service points send their transactions."""

import json
import logging
from http import HTTPStatus

from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    LengthRequired,
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)

from odoo.http import Controller, request, route

from odoo.addons.spp_device.models.device_mixin import Refusal
from odoo.addons.spp_integrity import secret_box
from odoo.addons.spp_integrity.clock import database_now

from ..models.transaction.booking_entry import refuse_constant
from .redemption_dispatcher import RedemptionDispatcher

_logger = logging.getLogger(__name__)

#: Scheme of requests that are signed.
SIGNED = "spp-hmac"
MAX_BODY = 2 * 1024 * 1024
MAX_ITEMS = 1000


class RedemptionController(Controller):
    """Where devices of service points send what they handed out and took back."""

    @route(
        "/spp/redemption/v1/transactions",
        type=RedemptionDispatcher.routing_type,
        auth="public",
        methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        csrf=False,
        save_session=False,
        readonly=False,
        max_content_length=MAX_BODY,
    )
    def transactions(self):
        """Book a batch; the answer leaves after it has been committed, so a device may forget what is named in it.

        Header ``Authorization: Bearer <token of the device>`` or ``SPP-HMAC <code>:<moment>:<signature>``, body ``{"transactions": [...]}`` in UTF-8 JSON; the
        items are those of `book` of the transaction models, with ``kind`` "cash" (the default) or "inkind".

        :return: 200 with ``results``, one per item in the same order; errors as application/problem+json:
            400 not JSON or not a batch, 401 unknown token or signature, 403 not approved, 405 other than POST, 411 no length,
            413 too large, 415 other content type or compressed, 429 too many requests, 503 send again
        """
        http = request.httprequest
        if http.method != "POST":
            return request.dispatcher.refuse(
                HTTPStatus.METHOD_NOT_ALLOWED,
                request.env._("Send the transactions with POST."),
                headers={"Allow": "POST"},
            )
        try:
            device = self._device()
        except HTTPException as error:
            return request.dispatcher.refuse(error.code, error.description)
        if refusal := device._refusal(http.remote_addr):
            return self._refuse(refusal)
        try:
            items = self._items()
        except HTTPException as error:
            device._note_error(error.description)
            too_large = isinstance(error, RequestEntityTooLarge)
            limits = {"max_bytes": MAX_BODY, "max_transactions": MAX_ITEMS} if too_large else {}
            return request.dispatcher.refuse(error.code, error.description, **limits)
        results = device._book(items)
        device._touch()
        return request.make_json_response(
            {"results": results, "server_time": database_now(request.env).isoformat(timespec="seconds") + "Z"}
        )

    def _items(self):
        """The transactions that the device sent.

        :return: list of whatever they are
        :raise HTTPException: the body is no batch
        """
        env = request.env
        if request.httprequest.mimetype != "application/json":
            raise UnsupportedMediaType(env._("Send the batch as application/json."))
        try:
            body = json.loads(request.dispatcher.body().decode("utf-8"), parse_constant=refuse_constant)
        except LengthRequired:
            raise LengthRequired(env._("Send the length of the batch in the header Content-Length.")) from None
        except RequestEntityTooLarge:
            raise RequestEntityTooLarge(
                env._("The batch is larger than %s bytes. Send it in smaller parts.", MAX_BODY)
            ) from None
        except UnicodeDecodeError:
            raise BadRequest(env._("The batch is not in UTF-8. Send it in UTF-8.")) from None
        except (ValueError, RecursionError):
            raise BadRequest(env._("The batch is not JSON. Nothing was booked.")) from None
        items = body.get("transactions") if isinstance(body, dict) else None
        if not isinstance(items, list):
            raise BadRequest(env._('Send the batch as {"transactions": [...]}, one entry for each transaction.'))
        if len(items) > MAX_ITEMS:
            raise RequestEntityTooLarge(
                env._("The batch has more than %s transactions. Send it in smaller parts.", MAX_ITEMS)
            )
        return items

    def _device(self):
        """The device that the token names, or that signed the request; empty without one.

        :raise HTTPException: what was signed cannot be read, or signatures cannot be checked
        """
        http, devices = request.httprequest, request.env["spp.service.point.device"]
        scheme, credentials = self._credentials()
        if scheme == "bearer" and credentials:
            return devices._identify(credentials)
        if scheme != SIGNED:
            return devices
        try:
            return devices._identify_signed(credentials, http.method, http.path, request.dispatcher.body())
        except (secret_box.NoKey, secret_box.WrongKey):
            _logger.error("Signatures of devices cannot be checked: the key they were sealed with is not configured.")
            raise ServiceUnavailable(
                request.env._("Signatures cannot be checked at the moment. Send the batch again later.")
            ) from None

    def _credentials(self):
        """Scheme, in lower case, and the rest of the header Authorization."""
        scheme, _space, credentials = request.httprequest.headers.get("Authorization", "").partition(" ")
        return scheme.lower(), credentials.strip()

    def _refuse(self, refusal):
        env = request.env
        if refusal is Refusal.UNKNOWN:
            detail = env._("The token of the device is missing or unknown. Ask the program office for a new one.")
            if self._credentials()[0] == SIGNED:
                detail = env._(
                    "The signature is wrong, too old or was used before. Set the clock of the device and sign again, or"
                    " ask the program office for a new key."
                )
            return request.dispatcher.refuse(
                HTTPStatus.UNAUTHORIZED,
                detail,
                headers={"WWW-Authenticate": "Bearer, SPP-HMAC"},
            )
        if refusal is Refusal.TOO_MANY:
            return request.dispatcher.refuse(
                HTTPStatus.TOO_MANY_REQUESTS,
                env._("There were too many requests. Nothing was booked: send the batch again in a minute."),
                headers={"Retry-After": "60"},
            )
        if refusal is Refusal.PENDING:
            detail = env._(
                "The device waits for approval by the program office. Keep the transactions and send them later."
            )
        elif refusal is Refusal.NETWORK:
            detail = env._("The device is not accepted from this network. Ask the program office.")
        else:
            detail = env._("The device is blocked. Ask the program office.")
        return request.dispatcher.refuse(HTTPStatus.FORBIDDEN, detail)
