# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models


class SessionAttendance(models.Model):
    _inherit = "spp.session.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        marks = super().create(vals_list)
        marks._sync_ledger()
        return marks

    def write(self, vals):
        result = super().write(vals)
        self._sync_ledger()
        return result

    def unlink(self):
        sessions = self.session_id.filtered("submitted_at")
        result = super().unlink()
        if sessions:
            self.env["spp.event.attendance"].sudo()._sync_sessions(sessions)
        return result

    def _refresh_standing(self):
        """Whether a mark counts follows the dated membership, and the ledger follows the mark."""
        result = super()._refresh_standing()
        self._sync_ledger()
        return result

    def _sync_ledger(self):
        """Changes of marks in submitted registers reach the ledger at once."""
        if sessions := self.session_id.filtered("submitted_at"):
            self.env["spp.event.attendance"].sudo()._sync_sessions(sessions)
