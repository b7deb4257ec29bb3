# Part of the SPP attendance suite. LGPL-3.
"""Expressions know the compliance and eligibility criteria that use them."""

from odoo import models


class AttendanceExpression(models.Model):
    _inherit = "spp.attendance.expression"

    def _used_by(self):
        names = super()._used_by()
        for model in self.env.registry.descendants(["spp.attendance.expression.manager.mixin"], "_inherit"):
            if not self.env.registry[model]._abstract:
                # sudo: programs that the user may not see bind the formula too
                managers_sudo = self.env[model].sudo().search([("expression_id", "in", self.ids)])
                names += managers_sudo.program_id.mapped("name")
        return names
