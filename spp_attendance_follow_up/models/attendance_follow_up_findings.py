# Part of the SPP attendance suite. LGPL-3.
"""Patterns of absences are found in one query, and open, update and close cases in sets."""

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now

from .attendance_follow_up import ACTIVITY

#: Columns of a finding that are stored on its case.
FACTS = (
    *("partner_id", "session_type_id", "kind", "roster_id", "company_id", "responsible_id"),
    *("absence_count", "session_count", "first_day", "last_day", "period_from", "period_to"),
    *("rate", "required_percentage"),
)
_TYPES = {
    **dict.fromkeys(("kind",), "varchar"),
    **dict.fromkeys(("first_day", "last_day", "period_from", "period_to"), "date"),
    **dict.fromkeys(("rate", "required_percentage"), "numeric"),
}
PATTERNS = ("unexplained", "in_row", "frequent", "weekday")


class AttendanceFollowUp(models.Model):
    """How cases are found, brought up to date and closed: in sets, with a fixed number of queries."""

    _inherit = "spp.attendance.follow.up"

    @api.model
    def _refresh(self, partners, session_types):
        """Bring the cases of these people in these session types in line with their marks.

        :param partners: `res.partner` records
        :param session_types: `spp.session.type` records
        """
        if not partners or not session_types:
            return
        findings = self._find_patterns(partners, session_types)
        self._keep(findings, PATTERNS, partners, session_types)
        # sudo: cases are kept by the system, whoever submits
        periods = self.sudo()._read_group(
            [
                ("state", "=", "open"),
                ("kind", "=", "below_requirement"),
                ("partner_id", "in", partners.ids),
                ("session_type_id", "in", session_types.ids),
            ],
            ["company_id", "period_from:day", "period_to:day"],
            ["partner_id:recordset", "session_type_id:recordset"],
        )
        # one company and period, unless cases of an earlier term are still open
        for company, date_from, date_to, concerned, of_types in periods:
            here = self.with_context(allowed_company_ids=company.ids) if company else self
            here._refresh_requirement(concerned, of_types, date_from, date_to)

    @api.model
    def _find_patterns(self, partners, session_types):
        """What the policies flag about these people; one query.

        Looked at are the sessions in the denominator, the newest first; the policy of the newest one decides. Absences
        of cases that a person closed open no case again.

        :return: list of dict with `FACTS` and mark_ids
        """
        self.env["spp.attendance.statistics"]._flush_facts()
        self.flush_model()
        query = SQL(
            """
            WITH settled AS MATERIALIZED (
                SELECT rel.attendance_id, follow_up.kind
                  FROM spp_attendance_follow_up follow_up
                  JOIN attendance_follow_up_mark_rel rel ON rel.follow_up_id = follow_up.id
                 WHERE follow_up.partner_id = ANY(%(partners)s) AND follow_up.closed_by_id IS NOT NULL
            ), recent AS (
                SELECT fact.id, fact.partner_id, fact.session_type_id, fact.day, fact.is_unexplained,
                       fact.is_absent,
                       FIRST_VALUE(session.applied_policy_id) OVER newest AS policy_id,
                       FIRST_VALUE(session.roster_id) OVER newest AS roster_id,
                       FIRST_VALUE(session.company_id) OVER newest AS company_id,
                       FIRST_VALUE(session.facilitator_id) OVER newest AS responsible_id,
                       ROW_NUMBER() OVER newest AS place,
                       COUNT(*) FILTER (WHERE NOT fact.is_unexplained) OVER newest AS others_since
                  FROM spp_attendance_fact fact
                  JOIN spp_session session ON session.id = fact.session_id
                 WHERE %(condition)s AND fact.is_counted
                WINDOW newest AS (PARTITION BY fact.partner_id, fact.session_type_id
                                  ORDER BY fact.day DESC, session.start_datetime DESC, fact.id DESC)
            ), judged AS (
                SELECT recent.*, policy.flag_in_row, policy.flag_count, policy.flag_same_weekday,
                       recent.place <= policy.flag_window AS is_in_window,
                       EXTRACT(isodow FROM recent.day) AS weekday
                  FROM recent LEFT JOIN spp_session_policy policy ON policy.id = recent.policy_id
            ), found AS (
                SELECT 'unexplained' AS kind, judged.*, TRUE AS is_evidence FROM judged WHERE is_unexplained
                       AND NOT EXISTS (SELECT FROM settled
                                        WHERE settled.attendance_id = judged.id AND settled.kind = 'unexplained')
             UNION ALL
                SELECT 'in_row', judged.*, TRUE FROM judged WHERE others_since = 0
             UNION ALL
                SELECT 'frequent', judged.*, is_absent FROM judged WHERE is_in_window
             UNION ALL
                SELECT 'weekday', judged.*, is_absent FROM judged WHERE is_in_window
            ), finding AS (
                SELECT partner_id, session_type_id, kind, roster_id, company_id, responsible_id,
                       COUNT(*) FILTER (WHERE is_evidence) AS absence_count, COUNT(*) AS session_count,
                       MIN(day) FILTER (WHERE is_evidence) AS first_day, MAX(day) FILTER (WHERE is_evidence) AS last_day,
                       ARRAY_AGG(id) FILTER (WHERE is_evidence) AS mark_ids
                  FROM found
              GROUP BY partner_id, session_type_id, kind, roster_id, company_id, responsible_id,
                       flag_in_row, flag_count, flag_same_weekday
                HAVING CASE kind
                            WHEN 'unexplained' THEN TRUE
                            WHEN 'in_row' THEN flag_in_row > 0 AND COUNT(*) >= flag_in_row
                            WHEN 'frequent' THEN flag_count > 0 AND COUNT(*) FILTER (WHERE is_evidence) >= flag_count
                            ELSE flag_same_weekday > 0
                                 AND COUNT(*) FILTER (WHERE is_evidence) >= flag_same_weekday
                                 AND COUNT(DISTINCT weekday) FILTER (WHERE is_evidence) = 1
                                 AND COUNT(DISTINCT weekday) > 1
                       END
            )
            SELECT finding.* FROM finding
             WHERE EXISTS (
                    SELECT FROM UNNEST(finding.mark_ids) AS evidence(mark_id)
                     WHERE NOT EXISTS (
                            SELECT FROM settled
                             WHERE settled.attendance_id = evidence.mark_id AND settled.kind = finding.kind))
          ORDER BY partner_id, session_type_id, kind
            """,
            condition=self.env["spp.attendance.statistics"]._fact_condition(partners, session_types=session_types),
            partners=list(partners.ids),
        )
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    @api.model
    def _keep(self, findings, kinds, partners, session_types):
        """Store what was found: open new cases, update the open ones, close those whose cause is gone.

        A fixed number of statements, whatever the number of cases; two registers of one person submitted at once meet in
        PostgreSQL, in the same order.
        """
        # sudo: cases are kept by the system, whoever submits
        follow_ups = self.sudo()
        follow_ups.flush_model()
        now, uid = self.env.cr.now(), self.env.uid
        kept = {}
        if findings:
            columns = [
                SQL("%s::%s[]", [row.get(name) for row in findings], SQL(_TYPES.get(name, "integer"))) for name in FACTS
            ]
            updated = [
                name for name in FACTS if name not in ("partner_id", "session_type_id", "kind", "responsible_id")
            ]
            rows = self.env.execute_query(
                SQL(
                    """
                    INSERT INTO spp_attendance_follow_up AS follow_up
                                (%(names)s, state, create_uid, create_date, write_uid, write_date)
                         SELECT finding.*, 'open', %(uid)s, %(now)s, %(uid)s, %(now)s FROM UNNEST(%(columns)s) AS finding
                    ON CONFLICT (partner_id, session_type_id, kind) WHERE state = 'open'
                      DO UPDATE SET %(updates)s, write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                      RETURNING id, partner_id, session_type_id, kind
                    """,
                    names=SQL(", ").join(map(SQL.identifier, FACTS)),
                    columns=SQL(", ").join(columns),
                    updates=SQL(", ").join(
                        SQL("%s = EXCLUDED.%s", SQL.identifier(name), SQL.identifier(name)) for name in updated
                    ),
                    uid=uid,
                    now=now,
                )
            )
            kept = {key: case_id for case_id, *key in rows for key in [tuple(key)]}
        gone = self.env.execute_query(
            SQL(
                """
                SELECT id FROM spp_attendance_follow_up
                 WHERE state = 'open' AND kind = ANY(%(kinds)s) AND partner_id = ANY(%(partners)s)
                   AND session_type_id = ANY(%(types)s) AND NOT id = ANY(%(kept)s)
                """,
                kinds=list(kinds),
                partners=list(partners.ids),
                types=list(session_types.ids),
                kept=list(kept.values()),
            )
        )
        self._keep_marks(findings, kept)
        follow_ups.invalidate_model()
        self._close_gone(follow_ups.browse(case_id for (case_id,) in gone))

    @api.model
    def _close_gone(self, cases_sudo):
        """Close cases whose cause is gone; that needs no message on each of them: the to-do is simply gone too."""
        if not cases_sudo:
            return
        cases_sudo.with_context(tracking_disable=True).write({"state": "done", "closed_at": database_now(self.env)})
        cases_sudo.activity_unlink([ACTIVITY])

    @api.model
    def _keep_marks(self, findings, kept):
        """The absences that each case is about, after `_keep`."""
        if not kept:
            return
        links = [
            (kept[row["partner_id"], row["session_type_id"], row["kind"]], mark_id)
            for row in findings
            for mark_id in row.get("mark_ids", ())
        ]
        self.env.execute_query(
            SQL(
                """
                WITH wanted AS (SELECT * FROM UNNEST(%(cases)s::integer[], %(marks)s::integer[]) AS w(case_id, mark_id)),
                     dropped AS (
                        DELETE FROM attendance_follow_up_mark_rel rel
                         WHERE rel.follow_up_id = ANY(%(kept)s) AND NOT EXISTS (
                                SELECT FROM wanted
                                 WHERE wanted.case_id = rel.follow_up_id AND wanted.mark_id = rel.attendance_id))
                INSERT INTO attendance_follow_up_mark_rel (follow_up_id, attendance_id)
                     SELECT case_id, mark_id FROM wanted
                ON CONFLICT DO NOTHING RETURNING follow_up_id
                """,
                cases=[case_id for case_id, _mark_id in links],
                marks=[mark_id for _case_id, mark_id in links],
                kept=list(kept.values()),
            )
        )
