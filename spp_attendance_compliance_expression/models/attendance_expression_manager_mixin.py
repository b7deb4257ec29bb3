# Part of the SPP attendance suite. LGPL-3.
"""An attendance expression as a criterion: it is about what its program is about, and picks out members."""

from odoo import api, fields, models


class AttendanceExpressionManagerMixin(models.AbstractModel):
    """A manager of a program whose criterion is an attendance expression."""

    _name = "spp.attendance.expression.manager.mixin"
    _description = "Program Manager With an Attendance Expression"

    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="cascade")
    target_type = fields.Selection(related="program_id.target_type")
    expression_id = fields.Many2one("spp.attendance.expression", required=True, index=True, ondelete="restrict")
    expression = fields.Text("Formula", related="expression_id.expression")

    @api.constrains("expression_id", "program_id")
    def _check_expression_target(self):
        for manager in self:
            manager.expression_id._require_target(manager.target_type, manager.program_id.name)

    def _matching_members(self, memberships, date_from=None, date_to=None):
        """Return those of the memberships (of a program or a cycle) whose registrant the expression is true for."""
        self.ensure_one()
        matching = self.expression_id._matching(memberships.partner_id, date_from, date_to)
        matching_ids = set(matching.ids)
        return memberships.filtered(lambda membership: membership.partner_id.id in matching_ids)
