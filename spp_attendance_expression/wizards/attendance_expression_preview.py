# Part of the SPP attendance suite. LGPL-3.
"""Before an expression is used: for how many it is true or unknown, as far as the user may see them."""

from odoo import api, fields, models
from odoo.fields import Command

from odoo.addons.spp_integrity.clock import company_today

SHOWN = 80


class AttendanceExpressionPreview(models.TransientModel):
    """How many of the registrants a user may see match an expression, and some of them; worked out once, when created."""

    _name = "spp.attendance.expression.preview"
    _description = "Attendance Expression Preview"
    _own_dialog = True

    expression_id = fields.Many2one("spp.attendance.expression", required=True, readonly=True, ondelete="cascade")
    date_from = fields.Date("Attendance From", readonly=True)
    date_to = fields.Date("Attendance To", readonly=True)
    registrant_count = fields.Integer("Registrants", readonly=True)
    matching_count = fields.Integer("Matching", readonly=True)
    unknown_count = fields.Integer("Unknown Registrants", readonly=True)
    matching_ids = fields.Many2many(
        "res.partner", "spp_attendance_expression_preview_matching_rel", string="Matching Registrants", readonly=True
    )
    unknown_ids = fields.Many2many(
        "res.partner",
        "spp_attendance_expression_preview_unknown_rel",
        string="Registrants With a Missing Value",
        readonly=True,
    )

    @api.model_create_multi
    def create(self, vals_list):
        expressions = self.env["spp.attendance.expression"]
        return super().create([self._prepare_values(expressions.browse(vals["expression_id"])) for vals in vals_list])

    @api.model
    def _prepare_values(self, expression):
        expression.check_access("read")
        date_from, date_to = expression._window(company_today(self.env.company))
        partners = self.env["res.partner"].search(expression._registrant_domain())
        verdicts = expression._evaluate(partners, date_from, date_to)
        matching = [partner_id for partner_id, verdict in verdicts.items() if verdict]
        unknown = [partner_id for partner_id, verdict in verdicts.items() if verdict is None]
        return {
            "expression_id": expression.id,
            "date_from": date_from,
            "date_to": date_to,
            "registrant_count": len(verdicts),
            "matching_count": len(matching),
            "unknown_count": len(unknown),
            "matching_ids": [Command.set(matching[:SHOWN])],
            "unknown_ids": [Command.set(unknown[:SHOWN])],
        }
