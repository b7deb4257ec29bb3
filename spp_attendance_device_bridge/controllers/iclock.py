# Part of the SPP attendance suite. LGPL-3.
import logging
import re
from datetime import UTC, datetime

from odoo.http import Controller, Response, request, route

from ..dialects import zkteco_push
from .iclock_dispatcher import IclockDispatcher

_logger = logging.getLogger(__name__)

MAX_BODY = 8 * 1024 * 1024
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class IclockController(Controller):
    """ZKTeco attendance PUSH: the terminal is always the client, everything is query string and plain text."""

    @route(
        [
            "/iclock/<path:page>",
            "/iclock/iclock/<path:page>",
        ],
        type=IclockDispatcher.routing_type,
        auth="public",
        methods=["GET", "POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def iclock(self, page):
        """Answer one request of a terminal.

        :param str page: cdata, getrequest, devicecmd, ping ...; ".aspx" and a trailing slash are ignored
        :return: plain text; 200 means "keep nothing, it is stored", anything else "send it again later"
        """
        page = page.rstrip("/").removesuffix(".aspx").lower()
        if page == "ping":
            return self._text("OK")
        length = request.httprequest.content_length
        if length and length > MAX_BODY:
            return self._text("ERROR too large", 413)
        args = {key.lower(): value for key, value in request.httprequest.args.items()}
        serial = (args.get("sn") or "").strip()
        if not _SERIAL.fullmatch(serial):
            return self._text("ERROR no serial number", 400)
        device_sudo = request.env["spp.attendance.device"].sudo()._identify(serial)
        if device_sudo.state != "active":
            # 403 lets the terminal keep its data until somebody has approved it
            return self._text("ERROR terminal not approved", 403)
        if page == "cdata":
            return self._cdata(device_sudo, args)
        device_sudo._touch()
        return self._text("OK")

    def _cdata(self, device_sudo, args):
        if request.httprequest.method == "GET":
            device_sudo._touch()
            return self._text(
                zkteco_push.option_block(
                    device_sudo.serial,
                    device_sudo.tz,
                    device_sudo.zone_format,
                    device_sudo.attlog_stamp,
                    datetime.now(UTC),
                )
            )
        table = (args.get("table") or "ATTLOG").upper()
        if table != "ATTLOG":
            _logger.info("Terminal %s sent table %s: acknowledged, not stored", device_sudo.id, table[:32])
            device_sudo._touch()
            return self._text("OK")
        punches = zkteco_push.parse_attlog(request.httprequest.get_data())
        device_sudo._ingest(punches)
        device_sudo._touch(attlog_stamp=args.get("stamp"))
        # unreadable lines are counted too: some firmware repeats a batch until the numbers agree
        return self._text(f"OK: {len(punches)}")

    def _text(self, body, status=200):
        return Response(body if body.endswith("\n") else body + "\n", status=status, content_type="text/plain")
