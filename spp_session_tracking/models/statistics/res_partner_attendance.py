# Part of the SPP attendance suite. LGPL-3.
"""Finding registrants who attend less than is required of them."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ResPartner(models.Model):
    _inherit = "res.partner"

    is_below_attendance_requirement = fields.Boolean(
        "Below Attendance Requirement",
        compute="_compute_is_below_attendance_requirement",
        search="_search_is_below_attendance_requirement",
        groups="spp_session_tracking.group_session_viewer",
        help="Attends less than a session type requires, in the current year or the period of the context.",
    )

    @api.depends_context("attendance_date_from", "attendance_date_to", "attendance_period", "allowed_company_ids")
    def _compute_is_below_attendance_requirement(self):
        rows = self.env.execute_query(self._below_requirement_query(self))
        below = {partner_id for (partner_id,) in rows}
        for partner in self:
            partner.is_below_attendance_requirement = partner.id in below

    def _search_is_below_attendance_requirement(self, operator, value):
        if operator != "in":
            return NotImplemented
        query = self._below_requirement_query()
        below = Domain.custom(
            to_sql=lambda _model, alias, _query: SQL("%s IN (%s)", SQL.identifier(alias, "id"), query)
        )
        wanted = set(value)
        if wanted == {True}:
            return below
        return ~below if wanted == {False} else Domain.TRUE if wanted else Domain.FALSE

    @api.model
    def _below_requirement_query(self, partners=None):
        """SQL with the ids of the people (of `partners`; None: all) who are below a requirement; one grouped query."""
        self.env["spp.attendance.statistics"]._flush_facts()
        self.env["spp.session.type"].flush_model(["required_attendance_percentage"])
        summary = self.env["spp.attendance.summary"]
        return SQL(
            "SELECT DISTINCT partner_id FROM (%s) summary WHERE is_below",
            summary._summary_query(summary._fact_condition(partners)),
        )
