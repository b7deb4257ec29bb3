# Part of the SPP attendance suite. LGPL-3.
"""The dialog in which a manager says what an attendance fact should have been, and why."""

from odoo import fields, models


class EventAttendanceCorrect(models.TransientModel):
    """Dialog: what a fact should be, and why."""

    _name = "spp.event.attendance.correct"
    _description = "Correct Attendance"
    _own_dialog = True

    event_id = fields.Many2one("spp.event.attendance", "Attendance Event", required=True, readonly=True)
    source_id = fields.Many2one(related="event_id.source_id")
    attendance_date = fields.Date("Date", required=True)
    type_id = fields.Many2one("spp.event.attendance.type", domain="[('source_id', '=', source_id)]")
    location_id = fields.Many2one("spp.event.attendance.location", domain="[('source_id', '=', source_id)]")
    category = fields.Selection([("present", "Present"), ("absent", "Absent")], required=True)
    state = fields.Selection([("active", "Active"), ("cancelled", "Cancelled")], required=True)
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Correct the fact.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: see `spp.event.attendance.action_correct`
        """
        self.ensure_one()
        event = self.event_id
        wanted = {
            "attendance_date": fields.Date.to_string(self.attendance_date),
            "type_id": self.type_id.id,
            "location_id": self.location_id.id,
            "category": self.category,
            "state": self.state,
        }
        changed = {name: value for name, value in wanted.items() if value != event._plain(name)}
        event.action_correct(changed, self.reason)
        return {"type": "ir.actions.act_window_close"}
