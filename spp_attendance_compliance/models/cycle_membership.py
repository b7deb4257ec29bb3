# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models


class CycleMembership(models.Model):
    _inherit = "spp.cycle.membership"

    number_of_attendance = fields.Float("Attendances", digits=(8, 2), readonly=True, copy=False)
    attendance_decision_id = fields.Many2one(
        "spp.attendance.decision",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    attendance_explanation = fields.Char(related="attendance_decision_id.explanation", string="Attendance")
