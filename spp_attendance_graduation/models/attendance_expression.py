# Part of the SPP attendance suite. LGPL-3.
"""Expressions know the programs that graduate by them."""

from odoo import models


class AttendanceExpression(models.Model):
    _inherit = "spp.attendance.expression"

    def _used_by(self):
        # sudo: programs that the user may not see bind the formula too
        programs_sudo = self.env["spp.program"].sudo().with_context(active_test=False)
        return super()._used_by() + programs_sudo.search([("graduation_expression_id", "in", self.ids)]).mapped("name")
