# Part of the SPP attendance suite. LGPL-3.
"""Follow-ups are opened from the attendance of people."""

from odoo import models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class AttendanceSummary(models.Model):
    _inherit = "spp.attendance.summary"

    def action_open_follow_ups(self):
        """Open a follow-up for everybody among these rows (none: among all) who is below the requirement.

        Who has one keeps it; a case of the same period that somebody closed stays closed.

        :return: window action (dict) on the open cases of these people
        :raise AccessError: for anybody but a session manager
        """
        if not self.env.user.has_group("spp_session_tracking.group_session_manager"):
            raise AccessError(self.env._("Only a session manager opens follow-ups: ask one to do it."))
        chosen = Domain("id", "in", self.ids) if self else Domain.TRUE
        rows = self.search(Domain("is_below", "=", True) & chosen)
        pairs = {(row.partner_id.id, row.session_type_id.id) for row in rows}
        # sudo: cases are kept by the system; they are opened for rows that the user may read
        follow_ups_sudo = self.env["spp.attendance.follow.up"].sudo()
        follow_ups_sudo._open_requirement(*self._period(), rows.partner_id, rows.session_type_id, pairs)
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_follow_up.action_attendance_follow_up")
        shown = Domain("kind", "=", "below_requirement") & Domain("partner_id", "in", rows.partner_id.ids)
        return {**action, "domain": list(shown)}
