# Part of the SPP attendance suite. LGPL-3.
from werkzeug.exceptions import HTTPException

from odoo.http import Dispatcher, Response


class IclockDispatcher(Dispatcher):
    """Serves ``type="iclock"`` routes: the body stays untouched and every answer is plain text.

    Terminals send punches under any content type; the ordinary dispatcher reads a form-encoded body away before the
    controller sees it, and answers errors in HTML, which terminals cannot read.
    """

    routing_type = "iclock"

    @classmethod
    def is_compatible_with(cls, request):
        return True

    def dispatch(self, endpoint, args):
        self.request.params = dict(args)
        return self.request.registry["ir.http"]._dispatch(endpoint)

    def handle_error(self, exc):
        status = exc.code if isinstance(exc, HTTPException) and exc.code else 500
        return Response("ERROR\n", status=status, content_type="text/plain")
