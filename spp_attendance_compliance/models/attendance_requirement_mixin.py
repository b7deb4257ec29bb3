# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models


class AttendanceRequirementMixin(models.AbstractModel):
    """How much attendance is asked for. What it is asked of, and in which days, the using model says."""

    _name = "spp.attendance.requirement.mixin"
    _description = "Attendance Requirement"

    attendance_required = fields.Boolean("Attendance Requirement", tracking=True)
    attendance_measure = fields.Selection(
        [
            ("percentage", "Percentage of the sessions expected of the person"),
            ("sessions", "Number of sessions"),
            ("days", "Number of different days"),
        ],
        "Measured By",
        default="percentage",
        tracking=True,
    )
    attendance_threshold = fields.Float(
        "At Least", digits=(8, 2), default=80.0, tracking=True, help="A number of sessions or days, or a percentage."
    )

    _attendance_threshold_range = models.Constraint(
        "CHECK (attendance_threshold >= 0 AND (attendance_measure != 'percentage' OR attendance_threshold <= 100))",
        "The required attendance cannot be negative, and a percentage is at most 100.",
    )
