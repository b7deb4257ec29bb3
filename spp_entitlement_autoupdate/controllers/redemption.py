# Part of the SPP attendance suite. LGPL-3.
"""Where devices of service points send their transactions."""

import json
from http import HTTPStatus

from werkzeug.exceptions import BadRequest, HTTPException, LengthRequired, RequestEntityTooLarge, UnsupportedMediaType

from odoo.http import Controller, request, route

from odoo.addons.spp_device.models.device_mixin import Refusal
from odoo.addons.spp_integrity.clock import database_now

from ..models.transaction.booking_entry import refuse_constant
from .redemption_dispatcher import RedemptionDispatcher

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

        Header ``Authorization: Bearer <token of the device>``, body ``{"transactions": [...]}`` in UTF-8 JSON; the
        items are those of `book` of the transaction models, with ``kind`` "cash" (the default) or "inkind".

        :return: 200 with ``results``, one per item in the same order; errors as application/problem+json:
            400 not JSON or not a batch, 401 unknown token, 403 not approved, 405 other than POST, 411 no length,
            413 too large, 415 other content type or compressed, 429 too many requests, 503 send again
        """
        http = request.httprequest
        if http.method != "POST":
            return request.dispatcher.refuse(
                HTTPStatus.METHOD_NOT_ALLOWED,
                request.env._("Send the transactions with POST."),
                headers={"Allow": "POST"},
            )
        device = self._device()
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
        """The device that the token names; empty without one."""
        scheme, _space, token = request.httprequest.headers.get("Authorization", "").partition(" ")
        devices = request.env["spp.service.point.device"]
        if scheme.lower() != "bearer" or not token.strip():
            return devices
        return devices._identify(token.strip())

    def _refuse(self, refusal):
        env = request.env
        if refusal is Refusal.UNKNOWN:
            return request.dispatcher.refuse(
                HTTPStatus.UNAUTHORIZED,
                env._("The token of the device is missing or unknown. Ask the program office for a new one."),
                headers={"WWW-Authenticate": "Bearer"},
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
