# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models


class SessionAttendanceChange(models.Model):
    """One line per change of a mark after its register was submitted; written by the system only."""

    _name = "spp.session.attendance.change"
    _description = "Attendance Change"
    _order = "id desc"
    _rec_name = "attendance_id"

    attendance_id = fields.Many2one(
        "spp.session.attendance", "Mark", required=True, ondelete="cascade", index=True, readonly=True
    )
    old_status_id = fields.Many2one("spp.attendance.status", readonly=True)
    new_status_id = fields.Many2one("spp.attendance.status", readonly=True)
    reason = fields.Char(readonly=True)
    user_id = fields.Many2one("res.users", "Changed By", readonly=True, default=lambda self: self.env.uid)
    change_date = fields.Datetime("Changed On", readonly=True, default=fields.Datetime.now)
