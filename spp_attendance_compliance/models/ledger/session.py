# Part of the SPP attendance suite. LGPL-3.
"""The ledger follows submitted registers, and requirements know the places of sessions."""

from odoo import models


class Session(models.Model):
    _inherit = "spp.session"

    def _after_plan_changed(self, former):
        """Requirements may name a place as soon as a session is planned there."""
        super()._after_plan_changed(former)
        moved = self.filtered(lambda session: not former[session.id] or "location" in former[session.id])
        self.env["spp.attendance.source"]._refresh_session_catalogues(locations=moved.mapped("location"))

    def _after_marks_changed(self, people):
        """Submitted registers, and changes of marks in them, reach the ledger at once."""
        super()._after_marks_changed(people)
        if submitted := self.filtered("submitted_at"):
            self.env["spp.event.attendance"]._sync_sessions(submitted)
