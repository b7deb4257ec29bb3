# Part of the SPP attendance suite. LGPL-3.
import json
from http import HTTPStatus

from psycopg2 import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from odoo.exceptions import UserError
from odoo.http import Dispatcher, Response


def problem(status, detail, headers=None, **extensions):
    """An error as RFC 9457 describes it.

    :param int status: HTTP status
    :param str detail: one sentence: what is wrong and what to do
    :param extensions: further members of the body
    """
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **extensions}
    return Response(json.dumps(body), status=status, content_type="application/problem+json", headers=headers)


class RedemptionDispatcher(Dispatcher):
    """Serves ``type="spp_redemption"`` routes: the body stays untouched, every answer is JSON, errors included."""

    routing_type = "spp_redemption"

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def handle_error(self, exc):
        env = self.request.env
        if isinstance(exc, HTTPException) and exc.code:
            return problem(exc.code, exc.description or HTTPStatus(exc.code).phrase)
        if isinstance(exc, (OperationalError, IntegrityError)) or isinstance(exc.__cause__, IntegrityError):
            return problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                env._("Others are booking on the same entitlements. Nothing was booked: send the batch again."),
                headers={"Retry-After": "5"},
            )
        if isinstance(exc, UserError):
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(exc))
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            env._("The server failed. Nothing was booked: send the batch again later."),
        )
