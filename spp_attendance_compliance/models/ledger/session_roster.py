# Part of the SPP attendance suite. LGPL-3.
"""Requirements may name a place as soon as a roster has it."""

from odoo import models


class SessionRoster(models.Model):
    _inherit = "spp.session.roster"

    def _after_plan_changed(self, former):
        super()._after_plan_changed(former)
        moved = self.filtered(lambda roster: not former[roster.id] or "location" in former[roster.id])
        self.env["spp.attendance.source"]._refresh_session_catalogues(locations=moved.mapped("location"))
