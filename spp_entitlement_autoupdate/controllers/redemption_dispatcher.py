# Part of the SPP attendance suite. LGPL-3.
"""Requests of devices of service points: errors as JSON, and no others than those that a device can act on."""

from http import HTTPStatus

from psycopg2 import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException

from odoo.exceptions import UserError

from odoo.addons.spp_device.raw_body import ProblemDispatcher


class RedemptionDispatcher(ProblemDispatcher):
    """Serves ``type="spp_redemption"`` routes: the body stays untouched, every answer is JSON, errors included."""

    routing_type = "spp_redemption"

    def handle_error(self, exc):
        env = self.request.env
        if isinstance(exc, HTTPException):
            return super().handle_error(exc)
        if isinstance(exc, (OperationalError, IntegrityError)) or isinstance(exc.__cause__, IntegrityError):
            return self.refuse(
                HTTPStatus.SERVICE_UNAVAILABLE,
                env._("Others are booking on the same entitlements. Nothing was booked: send the batch again."),
                headers={"Retry-After": "5"},
            )
        if isinstance(exc, UserError):
            return self.refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(exc))
        return self.refuse(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            env._("The server failed. Nothing was booked: send the batch again later."),
        )
