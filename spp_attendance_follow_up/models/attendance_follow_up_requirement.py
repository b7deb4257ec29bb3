# Part of the SPP attendance suite. LGPL-3.
"""Attendance below what a session type requires, over a year or term, is a case too."""

from odoo import api, models
from odoo.tools import SQL

KIND = "below_requirement"


class AttendanceFollowUp(models.Model):
    """Cases of people who attend less than their session type requires."""

    _inherit = "spp.attendance.follow.up"

    @api.model
    def _open_requirement(self, date_from, date_to, partners=None, session_types=None, pairs=None):
        """Open or update a case for everybody who is below the requirement in a period; four statements.

        :param partners, session_types: records, None: all
        :param pairs: set of (partner id, session type id) to look at, None: all
        """
        findings = self._find_below_requirement(date_from, date_to, partners, session_types)
        if pairs is not None:
            findings = [row for row in findings if (row["partner_id"], row["session_type_id"]) in pairs]
        self._keep(findings, (), self.env["res.partner"], self.env["spp.session.type"])

    @api.model
    def _refresh_requirement(self, partners, session_types, date_from, date_to):
        """Update the open cases of a period, and close those of people who are not below the requirement any more."""
        same_period = [("state", "=", "open"), ("kind", "=", KIND), ("period_from", "=", date_from)]
        same_period += [("partner_id", "in", partners.ids), ("session_type_id", "in", session_types.ids)]
        # sudo: cases are kept by the system, whoever asks
        cases_sudo = self.sudo().search(same_period)
        pairs = {(case.partner_id.id, case.session_type_id.id) for case in cases_sudo}
        findings = [
            row
            for row in self._find_below_requirement(date_from, date_to, partners, session_types)
            if (row["partner_id"], row["session_type_id"]) in pairs
        ]
        still = {(row["partner_id"], row["session_type_id"]) for row in findings}
        self._keep(findings, (), partners, session_types)
        self._close_gone(cases_sudo.filtered(lambda case: (case.partner_id.id, case.session_type_id.id) not in still))

    @api.model
    def _find_below_requirement(self, date_from, date_to, partners=None, session_types=None):
        """Who is below the requirement of a session type in a period; one query.

        :return: list of dict, as of `_find_patterns` without marks
        """
        self.env["spp.attendance.statistics"]._flush_facts()
        self.env["spp.session.type"].flush_model()
        self.flush_model()
        summary = self.env["spp.attendance.summary"].with_context(
            attendance_date_from=date_from, attendance_date_to=date_to
        )
        condition = summary._fact_condition(partners, session_types)
        query = SQL(
            """
            SELECT summary.partner_id, summary.session_type_id, %(kind)s AS kind, newest.roster_id, newest.company_id,
                   newest.facilitator_id AS responsible_id, summary.absent AS absence_count,
                   summary.counted AS session_count, newest.first_day, newest.day AS last_day,
                   %(date_from)s::date AS period_from, %(date_to)s::date AS period_to,
                   summary.rate, summary.required_percentage
              FROM (%(summary)s) summary
              JOIN (SELECT DISTINCT ON (fact.partner_id, fact.session_type_id)
                           fact.partner_id, fact.session_type_id, fact.roster_id, fact.company_id, fact.day,
                           session.facilitator_id,
                           MIN(fact.day) OVER (PARTITION BY fact.partner_id, fact.session_type_id) AS first_day
                      FROM spp_attendance_fact fact JOIN spp_session session ON session.id = fact.session_id
                     WHERE %(condition)s AND fact.is_counted
                  ORDER BY fact.partner_id, fact.session_type_id, fact.day DESC, fact.id DESC
                   ) newest USING (partner_id, session_type_id)
             WHERE summary.is_below AND NOT EXISTS (
                    SELECT FROM spp_attendance_follow_up settled
                     WHERE settled.partner_id = summary.partner_id AND settled.session_type_id = summary.session_type_id
                       AND settled.kind = %(kind)s AND settled.closed_by_id IS NOT NULL
                       AND settled.period_from IS NOT DISTINCT FROM %(date_from)s::date)
          ORDER BY partner_id, session_type_id
            """,
            kind=KIND,
            date_from=date_from or None,
            date_to=date_to or None,
            summary=summary._summary_query(condition),
            condition=condition,
        )
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    @api.model
    def _cron_below_requirement(self):
        """Open the cases of the current year or term in every company."""
        companies = self.env["res.company"].search([("active", "=", True)])
        for remaining, company in zip(range(len(companies) - 1, -1, -1), companies, strict=True):
            summary = self.env["spp.attendance.summary"].with_company(company).with_context(attendance_period="term")
            here = self.with_context(allowed_company_ids=company.ids)
            here._open_requirement(*summary._period())
            if not self.env["ir.cron"]._commit_progress(1, remaining=remaining):
                return
