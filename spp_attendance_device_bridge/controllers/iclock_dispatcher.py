# Part of the SPP attendance suite. LGPL-3.
"""Requests of ZKTeco terminals: any content type, every answer in plain text."""

from odoo.http import Response

from odoo.addons.spp_device.raw_body import RawBodyDispatcher


class IclockDispatcher(RawBodyDispatcher):
    """Serves ``type="iclock"`` routes. Terminals look at the status alone and cannot read HTML."""

    routing_type = "iclock"
    # relays between a terminal and the server may not say how long a body is
    accepts_chunks = True

    def refuse(self, status, detail, headers=None, **extensions):
        return Response("ERROR\n", status=status, content_type="text/plain", headers=headers)
