# Part of the SPP attendance suite. LGPL-3.
"""Marks of submitted registers, corrected later, change what is flagged about their people."""

from odoo import api, models


class SessionAttendance(models.Model):
    _inherit = "spp.session.attendance"

    @api.model_create_multi
    def create(self, vals_list):
        marks = super().create(vals_list)
        marks._refresh_follow_ups()
        return marks

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() - {"notes", "excuse_reason"}:
            self._refresh_follow_ups()
        return result

    def unlink(self):
        submitted = self.sudo().filtered("session_id.submitted_at")
        partners, session_types = submitted.participant_id, submitted.session_type_id
        result = super().unlink()
        self.env["spp.attendance.follow.up"].sudo()._refresh(partners, session_types)
        return result

    def _refresh_standing(self):
        """Who was not expected was not absent either."""
        result = super()._refresh_standing()
        self._refresh_follow_ups()
        return result

    def _refresh_follow_ups(self):
        """Corrections of submitted registers change what is flagged."""
        submitted_sudo = self.sudo().filtered("session_id.submitted_at")
        self.env["spp.attendance.follow.up"].sudo()._refresh(
            submitted_sudo.participant_id, submitted_sudo.session_type_id
        )
