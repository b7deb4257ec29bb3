# Part of the SPP attendance suite. LGPL-3.
"""A table of thresholds around the present one, with how many would pass and fail at each."""

from odoo import fields, models


class AttendanceWhatIf(models.TransientModel):
    """What a run would decide at other thresholds."""

    _name = "spp.attendance.what.if"
    _description = "Attendance at Other Thresholds"
    _own_dialog = True

    run_id = fields.Many2one("spp.attendance.compliance.run", required=True, readonly=True, ondelete="cascade")
    criteria_text = fields.Char(related="run_id.criteria_text")
    line_ids = fields.One2many("spp.attendance.what.if.line", "table_id", readonly=True)


class AttendanceWhatIfLine(models.TransientModel):
    _name = "spp.attendance.what.if.line"
    _description = "Attendance at Another Threshold"
    _order = "threshold"
    _own_dialog = True

    table_id = fields.Many2one("spp.attendance.what.if", required=True, readonly=True, ondelete="cascade", index=True)
    threshold = fields.Float("At Least", digits=(8, 2), readonly=True)
    is_present = fields.Boolean(readonly=True)
    compliant_count = fields.Integer("Compliant", readonly=True)
    non_compliant_count = fields.Integer("Not Compliant", readonly=True)
    unknown_count = fields.Integer("Unknown", readonly=True)
    compliant_difference = fields.Integer("Against Now", readonly=True)
