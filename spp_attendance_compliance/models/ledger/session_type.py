# Part of the SPP attendance suite. LGPL-3.
"""Requirements may name a session type as soon as it exists, under its present name."""

from odoo import models


class SessionType(models.Model):
    _inherit = "spp.session.type"

    def _after_change(self, former):
        super()._after_change(former)
        named = self.filtered(lambda session_type: not former[session_type.id] or "name" in former[session_type.id])
        self.env["spp.attendance.source"]._refresh_session_catalogues(named)
