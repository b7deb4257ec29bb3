# Part of the SPP attendance suite. LGPL-3.
"""Where the code on a paper roster leads."""

from odoo import http
from odoo.http import request


class SessionSheetController(http.Controller):
    @http.route("/spp/sheet/<string:code>", type="http", auth="user", methods=["GET"], readonly=True)
    def open_sheet(self, code):
        """Open the roster screen of the session on a paper roster; unknown and forbidden sheets look the same."""
        # sudo: the code of a sheet is all one has; whether the user may read its session is checked below
        sheet_sudo = request.env["spp.session.sheet"].sudo().search([("code", "=", code.strip().upper())])
        session = request.env["spp.session"].browse(sheet_sudo.session_id.ids)
        if not session or not session.has_access("read"):
            raise request.not_found()
        return request.redirect(session._roster_path())
