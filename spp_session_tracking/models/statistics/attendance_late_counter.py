# Part of the SPP attendance suite. LGPL-3.
"""How often somebody was late in a term or a year, with the marks behind each number."""

from odoo import api, fields, models
from odoo.tools import SQL


class AttendanceLateCounter(models.Model):
    """Late arrivals per person, session type, and term or year; a year that nobody entered is the calendar year."""

    _name = "spp.attendance.late.counter"
    _description = "Late Arrivals"
    _auto = False
    _order = "date_from desc, late desc, id"
    _rec_name = "partner_id"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"
    _depends = {
        "spp.attendance.status": ["kind"],
        "spp.session.attendance": ["status_id", "late_minutes", "participant_id", "session_id"],
        "spp.session": ["date", "state", "submitted_at", "session_type_id", "company_id"],
        "spp.session.term": ["kind", "date_from", "date_to", "company_id"],
    }

    partner_id = fields.Many2one("res.partner", "Participant", readonly=True)
    session_type_id = fields.Many2one("spp.session.type", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    kind = fields.Selection([("term", "Term"), ("year", "Year")], "Period Kind", readonly=True)
    term_id = fields.Many2one("spp.session.term", "Term or Year", readonly=True)
    period = fields.Char(compute="_compute_period")
    date_from = fields.Date("First Day", readonly=True)
    date_to = fields.Date("Last Day", readonly=True)
    late = fields.Integer("Lates", readonly=True)
    late_minutes = fields.Integer("Minutes Late", readonly=True)

    @property
    def _table_query(self):
        """A mark is in one group per kind of period, so its smallest id, with the kind, tells the groups apart."""
        return SQL(
            """
            SELECT MIN(fact.id)::bigint * 2 + CASE WHEN kinds.kind = 'year' THEN 1 ELSE 0 END AS id,
                   fact.partner_id, fact.session_type_id, fact.company_id, kinds.kind, term.id AS term_id,
                   COALESCE(term.date_from, DATE_TRUNC('year', fact.day)::date) AS date_from,
                   COALESCE(term.date_to, (DATE_TRUNC('year', fact.day) + interval '1 year - 1 day')::date) AS date_to,
                   COUNT(*)::integer AS late, SUM(fact.late_minutes)::integer AS late_minutes
              FROM spp_attendance_fact fact
        CROSS JOIN (VALUES ('term'), ('year')) AS kinds(kind)
         LEFT JOIN spp_session_term term ON term.kind = kinds.kind AND term.company_id = fact.company_id
                                        AND fact.day BETWEEN term.date_from AND term.date_to
             WHERE fact.is_late AND (kinds.kind = 'year' OR term.id IS NOT NULL)
          GROUP BY fact.partner_id, fact.session_type_id, fact.company_id, kinds.kind, term.id, 7, 8
            """
        )

    @api.depends("term_id", "date_from")
    def _compute_period(self):
        for counter in self:
            # sudo: the name of a term is not secret: who counts need not be allowed to read the configuration
            counter.period = counter.term_id.sudo().name or str(counter.date_from.year)

    def action_view_marks(self):
        """Open the late arrivals behind this row.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_attendance")
        return {
            **action,
            "domain": [
                ("participant_id", "=", self.partner_id.id),
                ("session_type_id", "=", self.session_type_id.id),
                ("company_id", "=", self.company_id.id),
                ("status_id.kind", "=", "late"),
                ("session_id.submitted_at", "!=", False),
                ("session_date", ">=", self.date_from),
                ("session_date", "<=", self.date_to),
            ],
            "context": {},
        }
