# Part of the SPP attendance suite. LGPL-3.
"""The list of who stands how in a period that the context names: rates, requirement, what can still be missed."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import company_today

from ... import counting


class AttendanceSummary(models.Model):
    """How each person stands in each session type over a period, against what the type requires.

    The period comes with the context: ``attendance_date_from`` and ``attendance_date_to``, or ``attendance_period``
    (term, year or all); without any of them it is the current year. Read one period per environment.
    """

    _name = "spp.attendance.summary"
    _description = "Attendance of a Person"
    _auto = False
    _order = "rate, id"
    _rec_name = "partner_id"
    _company_path = "partner_id.company_id"
    _area_path = "partner_id.area_id"
    _depends = {
        "spp.session.attendance": [
            *("status_id", "is_attended", "is_excused", "is_announced", "is_unexplained", "standing", "late_minutes"),
            *("excuse_state", "participant_id", "session_id"),
        ],
        "spp.session": [
            "date",
            "state",
            "submitted_at",
            "session_type_id",
            "applied_policy_id",
            "company_id",
            "location",
        ],
        "spp.session.type": ["required_attendance_percentage"],
        "spp.attendance.status": ["kind", "weight", "is_in_denominator"],
        "spp.session.policy": [
            *("late_counting", "late_weight", "lates_per_absence", "excused_counting", "excused_weight"),
        ],
    }

    partner_id = fields.Many2one("res.partner", "Participant", readonly=True)
    session_type_id = fields.Many2one("spp.session.type", readonly=True)
    rate = fields.Float(
        "Attendance (%)", digits=(5, 2), readonly=True, aggregator="avg", help="Empty: nothing counts yet."
    )
    commitment_rate = fields.Float(
        "Commitment (%)", digits=(5, 2), readonly=True, aggregator="avg", help="Present, or announced in time."
    )
    required_percentage = fields.Float("Required (%)", digits=(5, 2), readonly=True, aggregator="avg")
    is_below = fields.Boolean("Below Requirement", readonly=True)
    sessions = fields.Integer("Marks", readonly=True)
    counted = fields.Integer("Sessions Counted", readonly=True)
    attended = fields.Integer(readonly=True)
    absent = fields.Integer(readonly=True)
    unexplained = fields.Integer(readonly=True)
    excused = fields.Integer(readonly=True)
    announced = fields.Integer(readonly=True)
    requested = fields.Integer("Excuse Requested", readonly=True)
    late = fields.Integer("Lates", readonly=True)
    late_minutes = fields.Integer("Minutes Late", readonly=True)
    deducted = fields.Integer("Lates Counted as Absences", readonly=True)
    days = fields.Integer("Days Attended", compute="_compute_days")
    forecast = fields.Char(compute="_compute_forecast")

    # --- the query

    @property
    def _table_query(self):
        return self._summary_query(self._fact_condition())

    @api.model
    def _period(self):
        """The first and last day looked at, None: no limit.

        The context is the only way by which a list can say so. It decides which figures are looked at, and none of them.

        :raise UserError: when a date cannot be read
        """
        context = self.env.context
        if {"attendance_date_from", "attendance_date_to"} & context.keys():
            limits = context.get("attendance_date_from"), context.get("attendance_date_to")
            try:
                return tuple(fields.Date.to_date(limit) or None for limit in limits)
            except (TypeError, ValueError):
                raise UserError(self.env._("The period needs dates like 2026-01-31.")) from None
        kind = context.get("attendance_period")
        if kind == "all":
            return None, None
        today = company_today(self.env.company)
        return self.env["spp.session.term"]._period("term" if kind == "term" else "year", today, self.env.company)

    @api.model
    def _fact_condition(self, partners=None, session_types=None):
        """The facts of the period in the user's companies, as SQL on ``fact``."""
        return SQL(
            "%s AND (fact.company_id IS NULL OR fact.company_id = ANY(%s))",
            self.env["spp.attendance.statistics"]._fact_condition(
                partners, *self._period(), session_types=session_types
            ),
            list(self.env.companies.ids),
        )

    @api.model
    def _summary_query(self, condition):
        """One row per person and session type: counts, rates and whether the requirement is missed, in exact numbers.

        :param condition: SQL, as of `_fact_condition`
        """
        required = SQL("type.required_attendance_percentage::numeric")
        return SQL(
            """
            SELECT counts.partner_id::bigint * 1048576 + counts.session_type_id AS id,
                   counts.partner_id, counts.session_type_id, counts.sessions::integer, counts.counted::integer,
                   counts.attended::integer, counts.absent::integer, counts.unexplained::integer,
                   counts.excused::integer, counts.announced::integer, counts.requested::integer, counts.late::integer,
                   counts.late_minutes::integer, counts.deducted::integer,
                   ROUND(100 * counts.net_weight / NULLIF(counts.counted, 0), 2) AS rate,
                   ROUND(100 * counts.net_kept / NULLIF(counts.kept_counted, 0), 2) AS commitment_rate,
                   %(required)s AS required_percentage, COALESCE(NOT %(is_met)s, FALSE) AS is_below
              FROM (%(counts)s) counts JOIN spp_session_type type ON type.id = counts.session_type_id
            """,
            required=required,
            is_met=counting.sql_is_share_met(SQL("counts.net_weight"), SQL("counts.counted"), required),
            counts=self.env["spp.attendance.statistics"]._counts_query(condition, ("partner_id", "session_type_id")),
        )

    # --- what the rows shown need besides

    def _compute_days(self):
        """One query for all rows."""
        statistics = self.env["spp.attendance.statistics"]
        statistics._flush_facts()
        condition = self._fact_condition(self.partner_id, self.session_type_id)
        rows = self.env.execute_query(statistics._days_query(condition, ("partner_id", "session_type_id")))
        days = {(partner_id, type_id): count for partner_id, type_id, count in rows}
        for row in self:
            row.days = days.get((row.partner_id.id, row.session_type_id.id), 0)

    @api.depends_context("lang")
    def _compute_forecast(self):
        """Two queries per session type among the rows."""
        statistics = self.env["spp.attendance.statistics"]
        for session_type, rows in self.grouped("session_type_id").items():
            forecasts = statistics.forecast(
                rows.partner_id, session_type, *self._period(), companies=self.env.companies
            )
            for row in rows:
                forecast = forecasts[row.partner_id.id]
                row.forecast = {
                    "safe": self.env._("Safe"),
                    "can_miss": self.env._("Can miss %s more", forecast["can_miss"]),
                    "must_attend_all": self.env._("Must attend all %s remaining", forecast["remaining"]),
                    "impossible": self.env._("Impossible"),
                }[forecast["outcome"]]

    # --- actions

    def action_view_marks(self):
        """Open the marks behind these rows.

        :return: window action (dict).
        """
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_attendance")
        date_from, date_to = self._period()
        domain = (
            Domain("participant_id", "in", self.partner_id.ids)
            & Domain("session_type_id", "in", self.session_type_id.ids)
            & Domain("session_id.submitted_at", "!=", False)
        )
        if date_from:
            domain &= Domain("session_date", ">=", date_from)
        if date_to:
            domain &= Domain("session_date", "<=", date_to)
        return {**action, "domain": list(domain), "context": {}}
