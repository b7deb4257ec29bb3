# Part of the SPP attendance suite. LGPL-3.
"""Registers that come to count, or count no more, change what is flagged about their people."""

from odoo import models


class Session(models.Model):
    _inherit = "spp.session"

    def write(self, vals):
        """Registers that come to count, or count no more, change what is flagged about their people."""
        concerned = not {"submitted_at", "state", "date", "start_time", "policy_id", "session_type_id"}.isdisjoint(vals)
        before = self.filtered("submitted_at") if concerned else self.browse()
        former_types = before.session_type_id
        result = super().write(vals)
        counting = before | self.filtered("submitted_at") if concerned else before
        if counting:
            # whose case it is does not depend on what the user sees
            counting_sudo = counting.sudo()
            self.env["spp.attendance.follow.up"].sudo()._refresh(
                counting_sudo.attendance_ids.participant_id, counting_sudo.session_type_id | former_types
            )
        return result
