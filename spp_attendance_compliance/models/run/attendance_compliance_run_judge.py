# Part of the SPP attendance suite. LGPL-3.
"""From counts to results: persons, groups and other criteria become one decision per membership, in one statement."""

from odoo import models
from odoo.tools import SQL


class AttendanceComplianceRun(models.Model):
    """How a run judges what it counted, and what would come out at other thresholds. Nothing here is row by row."""

    _inherit = "spp.attendance.compliance.run"

    _PERSON_REASON = SQL(
        """
        CASE WHEN person.is_exempt THEN 'exempt'
             WHEN person.is_met THEN 'met'
             WHEN person.problem IS NOT NULL THEN person.problem
             WHEN NOT person.is_known THEN 'nothing_expected'
             WHEN person.could_be_met THEN 'excuse_pending'
             ELSE 'below' END
        """
    )

    # --- judging

    def _with_other_criteria(self, unit, result, reason, passing):
        """Join the outcome of attendance with the program's other criteria, all of or any of.

        :param unit: SQL of the partner id of the member of the cycle
        :return: (SQL of the result, SQL of the reason)
        """
        if passing is None:
            return result, reason
        passes = SQL("%s = ANY(%s)", unit, sorted(passing))
        if self.criteria["combination"] == "all":
            return (
                SQL("CASE WHEN NOT %s THEN 'non_compliant' ELSE %s END", passes, result),
                SQL("CASE WHEN NOT %s THEN 'other_criteria' ELSE %s END", passes, reason),
            )
        wins = SQL("%s AND %s <> 'compliant'", passes, result)
        return (
            SQL("CASE WHEN %s THEN 'compliant' ELSE %s END", wins, result),
            SQL("CASE WHEN %s THEN 'other_criteria_met' ELSE %s END", wins, reason),
        )

    def _judged_query(self, passing, thresholds=None):
        """What follows for each membership that the run looks at; reads the relation `people` of `_people_query`.

        :param passing: ids of those who meet the other criteria; None when there are none
        :param thresholds: list of thresholds to try out instead of that of the requirement
        :return: SQL with membership_id, threshold, counted, expected, required, result, reason, evidence_hash, and what the
            membership says now; one row per membership and threshold
        """
        if self.cycle_id.program_id.target_type == "group":
            units, counted, expected, required, reason = self._group_terms(thresholds)
        else:
            units, reason = SQL("SELECT * FROM people"), SQL("unit.reason")
            counted, expected, required = SQL("unit.counted"), SQL("unit.expected"), SQL("unit.required")
        result = SQL(
            "CASE WHEN %(reason)s IN ('met', 'exempt') THEN 'compliant' WHEN %(reason)s = 'below' THEN 'non_compliant'"
            " ELSE 'unknown' END",
            reason=reason,
        )
        result, reason = self._with_other_criteria(SQL("unit.unit_id"), result, reason, passing)
        return SQL(
            """
            SELECT unit.membership_id, unit.state, unit.number_of_attendance, unit.attendance_decision_id, unit.threshold,
                   %(counted)s AS counted, %(expected)s AS expected, %(required)s AS required, %(result)s AS result,
                   %(reason)s AS reason, unit.evidence_hash
              FROM (%(units)s) unit
            """,
            counted=counted,
            expected=expected,
            required=required,
            result=result,
            reason=reason,
            units=units,
        )

    def _decision_query(self, passing):
        """:return: SQL that writes one decision per membership that the run looks at, and below it one assessment per member
        of a group
        """
        decide = SQL(
            """
            INSERT INTO spp_attendance_decision (
                run_id, membership_id, previous_state, previous_number, previous_decision_id, last_result, is_changed,
                counted, expected, required, result, reason, evidence_hash, create_date
            )
            SELECT %(run)s, judged.membership_id, judged.state, judged.number_of_attendance, judged.attendance_decision_id,
                   last.result, COALESCE(last.result <> judged.result, FALSE), judged.counted, judged.expected,
                   judged.required, judged.result, judged.reason, judged.evidence_hash, %(now)s
              FROM (%(judged)s) judged
         LEFT JOIN (%(last)s) last ON last.membership_id = judged.membership_id
          ORDER BY judged.membership_id
            """,
            run=self.id,
            judged=self._judged_query(passing),
            last=self._last_results_query(),
            now=self.env.cr.now(),
        )
        people = self._people_query()
        if self.cycle_id.program_id.target_type != "group":
            return SQL("WITH people AS (%s) %s", people, decide)
        return SQL(
            """
            WITH people AS MATERIALIZED (%(people)s),
            decided AS (%(decide)s RETURNING id, membership_id)
            INSERT INTO spp_attendance_assessment (
                decision_id, partner_id, counted, expected, required, result, reason, evidence_hash
            )
            SELECT decided.id, person.partner_id, person.counted, person.expected, person.required, person.result,
                   person.reason, person.evidence_hash
              FROM decided
              JOIN people person ON person.membership_id = decided.membership_id
          ORDER BY decided.id, person.partner_id
            """,
            people=people,
            decide=decide,
        )

    def _last_results_query(self):
        """What each membership was told last: by the last applied run that looked at it, else by the last dry run.

        :return: SQL with membership_id, result
        """
        earlier = [("cycle_id", "=", self.cycle_id.id), ("id", "<", self.id)]
        runs = self.search([*earlier, ("state", "=", "applied")]) or self.search(
            [*earlier, ("state", "=", "decided"), ("kind", "!=", "dispute")], limit=1
        )
        return SQL(
            "SELECT DISTINCT ON (membership_id) membership_id, result FROM spp_attendance_decision"
            " WHERE run_id = ANY(%s) ORDER BY membership_id, run_id DESC",
            runs.ids,
        )

    # --- groups

    def _people_query(self, thresholds=None):
        """:return: SQL with the columns of `_person_query`, reason and, of members of a group, result (included, not_included,
        unknown)
        """
        return SQL(
            """
            SELECT person.*,
                   CASE WHEN person.reason IN ('met', 'exempt') THEN 'included' WHEN person.reason = 'below' THEN 'not_included'
                        ELSE 'unknown' END AS result
              FROM (SELECT person.*, %(reason)s AS reason FROM (%(people)s) person) person
            """,
            people=self._person_query(thresholds),
            reason=self._PERSON_REASON,
        )

    def _group_terms(self, thresholds=None):
        """Groups pass by their members; a group of which nobody is assessed is unknown.

        :return: SQL of the groups, of how many members were included, assessed and needed, and of the reason
        """
        criteria = self.criteria
        match criteria["group_rule"]:
            case "any":
                needed = SQL("1")
            case "count":
                needed = SQL("%s", criteria["group_count"])
            case "percentage":
                # the smallest whole number of members that is not below the percentage
                needed = SQL("CEIL(%s::numeric * unit.assessed / 100)", str(criteria["group_percentage"]))
            case _:
                needed = SQL("unit.assessed")
        reason = SQL(
            """
            CASE WHEN unit.is_exempt THEN 'exempt'
                 WHEN unit.assessed = 0 THEN 'nobody_assessed'
                 WHEN unit.included >= %(needed)s THEN 'met'
                 WHEN unit.included + unit.unknown >= %(needed)s THEN 'members_unknown'
                 ELSE 'below' END
            """,
            needed=needed,
        )
        groups = SQL(
            """
            SELECT membership.id AS membership_id, membership.partner_id AS unit_id, %(now)s, trial.threshold,
                   membership.partner_id IN %(exempt)s AS is_exempt, COUNT(person.partner_id) AS assessed,
                   COUNT(*) FILTER (WHERE person.result = 'included') AS included,
                   COUNT(*) FILTER (WHERE person.result = 'unknown') AS unknown,
                   encode(sha256(convert_to(COALESCE(string_agg(concat_ws('|', person.partner_id, person.result,
                       person.evidence_hash), ';' ORDER BY person.partner_id), ''), 'UTF8')), 'hex') AS evidence_hash
              FROM spp_cycle_membership membership
        CROSS JOIN %(trials)s
         LEFT JOIN people person ON person.membership_id = membership.id AND person.threshold = trial.threshold
             WHERE %(condition)s
          GROUP BY membership.id, trial.threshold
            """,
            now=self._MEMBERSHIP_NOW,
            exempt=self._exempt_query(),
            trials=self._trials(thresholds),
            condition=self._membership_condition(),
        )
        return groups, SQL("unit.included"), SQL("unit.assessed"), needed, reason

    # --- what if

    def _count_at(self, thresholds):
        """How many memberships would get which result at other thresholds, by the facts of now. One grouped query.

        :param thresholds: list of numbers
        :return: dict (threshold, result) -> number of memberships
        """
        self.ensure_one()
        self.env.flush_all()
        passing = self._passing_other_criteria()
        with self._joins_of_many_rows():
            rows = self.env.execute_query(
                SQL(
                    "WITH people AS (%s) SELECT threshold, result, COUNT(*) FROM (%s) judged GROUP BY threshold, result",
                    self._people_query(thresholds),
                    self._judged_query(passing, thresholds),
                )
            )
        return {(float(threshold), result): count for threshold, result, count in rows}
