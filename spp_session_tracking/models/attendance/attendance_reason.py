# Part of the SPP attendance suite. LGPL-3.
"""Why somebody was absent: who may grant it, how often, and with which certificate."""

from collections import Counter

from odoo import api, fields, models
from odoo.tools import SQL


class AttendanceReason(models.Model):
    """Why somebody was away, who may accept that, and how often."""

    _name = "spp.attendance.reason"
    _description = "Absence Reason"
    _inherit = ["spp.session.in.use"]
    _order = "sequence, id"
    _of_all_companies = True

    _USED_IN = (
        ("spp.session.attendance", "reason_id"),
        ("spp.session.absence", "reason_id"),
        ("spp.session.attendance.change", "old_reason_id"),
        ("spp.session.attendance.change", "new_reason_id"),
    )

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="Stable technical key, for example medical.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    status_id = fields.Many2one(
        "spp.attendance.status",
        required=True,
        ondelete="restrict",
        domain=[("is_excused", "=", True)],
        help="The status of a mark with this reason once the excuse is granted.",
    )
    needs_certificate = fields.Boolean()
    certificate_days = fields.Integer(
        "Days for the Certificate", help="How long after the session it is due. 0: as the session's policy says."
    )
    granted_by = fields.Selection(
        [("facilitator", "Facilitator"), ("manager", "Session Manager")],
        required=True,
        default="facilitator",
        help="What a facilitator may not grant is asked of a session manager; until then the person is absent.",
    )
    limit_count = fields.Integer("Limit", help="So many a person and period; more are asked of a manager. 0: no limit.")
    limit_period = fields.Selection([("term", "Term"), ("year", "Year")], required=True, default="term")

    _code_unique = models.UniqueIndex("(code)", "Another absence reason already uses this code.")
    _numbers_not_negative = models.Constraint(
        "CHECK (limit_count >= 0 AND certificate_days BETWEEN 0 AND 366)",
        "Limits and days of an absence reason cannot be negative, and the days lie within a year.",
    )

    @api.private
    def _limit_used(self, partners, first, last, company):
        """How often people have used these reasons between two days; one query.

        :param partners: `res.partner` records
        :param first: ``datetime.date``
        :param last: ``datetime.date``, included
        :param company: `res.company` in whose sessions they were used, and in sessions of no company
        :return: Counter (reason id, partner id) -> number of granted excuses
        """
        self.env["spp.session.attendance"].flush_model(
            ["reason_id", "participant_id", "excuse_state", "session_date", "session_id"]
        )
        rows = self.env.execute_query(
            SQL(
                """
                SELECT mark.reason_id, mark.participant_id, COUNT(*)
                  FROM spp_session_attendance mark
                  JOIN spp_session session ON session.id = mark.session_id
                 WHERE mark.participant_id = ANY(%s) AND mark.reason_id = ANY(%s) AND mark.excuse_state = 'granted'
                   AND mark.session_date BETWEEN %s AND %s AND session.state <> 'cancelled'
                   AND (session.company_id IS NULL OR session.company_id = %s)
              GROUP BY mark.reason_id, mark.participant_id
                """,
                partners.ids,
                self.ids,
                first,
                last,
                company.id,
            )
        )
        return Counter({(reason_id, partner_id): count for reason_id, partner_id, count in rows})
