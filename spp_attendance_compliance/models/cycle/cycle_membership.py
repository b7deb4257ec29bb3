# Part of the SPP attendance suite. LGPL-3.
"""A membership shows its decision in force, and is not removed from its cycle once it was decided about."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.spp_integrity import named


class CycleMembership(models.Model):
    _name = "spp.cycle.membership"
    _inherit = ["spp.cycle.membership", "spp.guarded.fields.mixin"]

    _system_fields = ("number_of_attendance", "attendance_decision_id")

    number_of_attendance = fields.Float("Attendances", digits=(8, 2), readonly=True, copy=False)
    attendance_decision_id = fields.Many2one(
        "spp.attendance.decision",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )
    attendance_exclusion_ids = fields.One2many(
        "spp.attendance.exclusion", "membership_id", "Left Out of Attendance", readonly=True, copy=False
    )
    attendance_explanation = fields.Char(related="attendance_decision_id.explanation", string="Attendance")
    attendance_assessment_ids = fields.Many2many(
        "spp.attendance.assessment", string="Attendance of Members", compute="_compute_attendance_assessment_ids"
    )

    @api.depends("attendance_decision_id")
    def _compute_attendance_assessment_ids(self):
        """What the run in force found for the members of a group."""
        for membership in self:
            membership.attendance_assessment_ids = membership.attendance_decision_id.assessment_ids

    @api.ondelete(at_uninstall=False)
    def _unlink_except_decided(self):
        """What was decided about somebody and applied stays on record."""
        # sudo: decisions that the user may not see bind the membership too
        decided = (
            self.env["spp.attendance.decision"]
            .sudo()
            .search([("membership_id", "in", self.ids), ("run_id.state", "in", ("applied", "reverted"))], limit=1)
        )
        if decided:
            raise UserError(
                self.env._(
                    "A decision about the attendance of %s was applied and stays on record: let the member exit instead.",
                    named(decided.partner_id),
                )
            )
