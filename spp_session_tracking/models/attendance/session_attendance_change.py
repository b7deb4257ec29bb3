# Part of the SPP attendance suite. LGPL-3.
"""The log of changes of marks in submitted registers."""

from odoo import api, fields, models


class SessionAttendanceChange(models.Model):
    """One line per change of a mark after its register was submitted; written by the system, never changed again."""

    _name = "spp.session.attendance.change"
    _description = "Attendance Change"
    _order = "id desc"
    _inherit = ["spp.guarded.fields.mixin", "spp.append.only.mixin"]
    _rec_name = "participant_id"
    _company_path = "company_id"
    _area_path = "participant_id.area_id"

    _system_fields = ("change_date", "user_id", "unlock_id", "reason")

    _append_only_emptied = ("attendance_id",)
    _append_only_merge = ("participant_id",)
    _append_only_anonymise = ("reason",)

    attendance_id = fields.Many2one(
        "spp.session.attendance", "Mark", ondelete="set null", index="btree_not_null", readonly=True
    )
    session_id = fields.Many2one("spp.session", required=True, ondelete="restrict", index=True, readonly=True)
    participant_id = fields.Many2one("res.partner", required=True, ondelete="restrict", index=True, readonly=True)
    old_status_id = fields.Many2one("spp.attendance.status", ondelete="restrict", readonly=True)
    new_status_id = fields.Many2one(
        "spp.attendance.status", ondelete="restrict", readonly=True, help="Empty: taken off the register."
    )
    old_attendance_time = fields.Datetime("Old Arrival", readonly=True)
    new_attendance_time = fields.Datetime("New Arrival", readonly=True)
    old_departure_time = fields.Datetime("Old Departure", readonly=True)
    new_departure_time = fields.Datetime("New Departure", readonly=True)
    old_reason_id = fields.Many2one("spp.attendance.reason", "Old Absence Reason", ondelete="restrict", readonly=True)
    new_reason_id = fields.Many2one("spp.attendance.reason", "New Absence Reason", ondelete="restrict", readonly=True)
    reason = fields.Char("Why", readonly=True)
    unlock_id = fields.Many2one("spp.session.unlock", ondelete="restrict", readonly=True)
    user_id = fields.Many2one("res.users", "Changed By", readonly=True, default=lambda self: self.env.uid)
    change_date = fields.Datetime("Changed On", readonly=True, default=fields.Datetime.now)
    company_id = fields.Many2one("res.company", index=True, readonly=True)

    @api.model
    def _append_only_message(self, deleting=False):
        if deleting:
            return self.env._("The log of changes cannot be deleted.")
        return self.env._("The log of changes cannot be changed: make a new correction of the mark.")
