# Part of the SPP attendance suite. LGPL-3.
"""Where ZKTeco terminals post."""

from odoo.http import Controller, route

from ..protocols.zkteco_push import ZktecoPush
from .iclock_dispatcher import IclockDispatcher
from .terminal import respond

MAX_BODY = 8 * 1024 * 1024


class IclockController(Controller):
    """Paths as firmwares have them, also where somebody typed the path into the field for the address."""

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
        max_content_length=MAX_BODY,
    )
    def iclock(self, page):
        """Answer one request of a terminal.

        :param str page: cdata, getrequest, devicecmd, ping ...; ".aspx" and a trailing slash are ignored
        :return: plain text; 200 means "keep nothing, it is stored", anything else "send it again later"
        """
        return respond(ZktecoPush, page.rstrip("/").removesuffix(".aspx").lower())
