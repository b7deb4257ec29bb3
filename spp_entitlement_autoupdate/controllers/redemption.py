# Part of the SPP attendance suite. LGPL-3.
import json
from http import HTTPStatus

from odoo import fields
from odoo.http import Controller, request, route

from ..models.transaction.booking_entry import refuse_constant
from .redemption_dispatcher import RedemptionDispatcher, problem

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
    )
    def transactions(self):
        """Book a batch; the answer leaves after it has been committed, so a device may forget what is named in it.

        Header ``Authorization: Bearer <token of the device>``, body ``{"transactions": [...]}`` in UTF-8 JSON; the
        items are those of `book` of the transaction models, with ``kind`` "cash" (the default) or "inkind".

        :return: 200 with ``results``, one per item in the same order; errors as application/problem+json:
            400 not JSON or not a batch, 401 unknown token, 403 not approved, 413 too large, 415 other content type,
            405 other than POST, 503 send again
        """
        http = request.httprequest
        if http.method != "POST":
            return problem(
                HTTPStatus.METHOD_NOT_ALLOWED,
                request.env._("Send the transactions with POST."),
                headers={"Allow": "POST"},
            )
        device = self._device()
        if not device:
            return problem(
                HTTPStatus.UNAUTHORIZED,
                request.env._("The token of the device is missing or unknown. Ask the program office for a new one."),
                headers={"WWW-Authenticate": "Bearer"},
            )
        if device.state == "pending":
            return problem(
                HTTPStatus.FORBIDDEN,
                request.env._(
                    "The device waits for approval by the program office. Keep the transactions and send them later."
                ),
            )
        if device.state != "approved" or not device.active:
            return problem(HTTPStatus.FORBIDDEN, request.env._("The device is blocked. Ask the program office."))
        if http.mimetype != "application/json":
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, request.env._("Send the batch as application/json."))
        if http.content_length is None:
            return problem(
                HTTPStatus.LENGTH_REQUIRED, request.env._("Send the length of the batch in the header Content-Length.")
            )
        if http.content_length > MAX_BODY:
            return self._too_large(
                request.env._("The batch is larger than %s bytes. Send it in smaller parts.", MAX_BODY)
            )
        try:
            body = json.loads(http.get_data().decode("utf-8"), parse_constant=refuse_constant)
        except UnicodeDecodeError:
            return problem(HTTPStatus.BAD_REQUEST, request.env._("The batch is not in UTF-8. Send it in UTF-8."))
        except (ValueError, RecursionError):
            return problem(HTTPStatus.BAD_REQUEST, request.env._("The batch is not JSON. Nothing was booked."))
        items = body.get("transactions") if isinstance(body, dict) else None
        if not isinstance(items, list):
            return problem(
                HTTPStatus.BAD_REQUEST,
                request.env._('Send the batch as {"transactions": [...]}, one entry for each transaction.'),
            )
        if len(items) > MAX_ITEMS:
            return self._too_large(
                request.env._("The batch has more than %s transactions. Send it in smaller parts.", MAX_ITEMS)
            )
        results = device._book(items)
        device._touch()
        return request.make_json_response(
            {"results": results, "server_time": fields.Datetime.now().isoformat(timespec="seconds") + "Z"}
        )

    def _device(self):
        scheme, _space, token = request.httprequest.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None
        return request.env["spp.service.point.device"]._identify(token.strip())

    def _too_large(self, detail):
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, max_bytes=MAX_BODY, max_transactions=MAX_ITEMS)
