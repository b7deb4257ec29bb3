# Part of the SPP attendance suite. LGPL-3.
from contextlib import contextmanager

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

#: Only these membership states may be changed by attendance; paused, exited and not eligible people stay as they are.
ASSESSED_STATES = ("draft", "enrolled", "non_compliant")


class AttendanceComplianceRun(models.Model):
    """How a run decides: people are counted in one grouped query, then memberships are judged in one statement.

    Percentages are compared as ``100 * weight >= threshold * expected`` in exact decimals, so a tie is a pass and 79.5 is
    never 80. Whoever meets the requirement passes whatever else is unknown; whoever does not, but about whom something is
    unknown that could change it, is unknown.

    The run says who decided. Its rows do not: for each of them PostgreSQL would look the user up twice.
    """

    _inherit = "spp.attendance.compliance.run"

    def _fill_ledger(self):
        """Bring the facts of sources in this database up to date; servers are asked before."""
        self._sources()._collect_facts(self)

    def _decide(self):
        """Write one decision per assessable membership (and one assessment per group member); nothing else changes."""
        self.ensure_one()
        self.env.flush_all()
        passing = self._passing_other_criteria()
        with self._joins_of_many_rows():
            if self.cycle_id.program_id.target_type == "group":
                self.env.execute_query(self._assessment_query())
                self.env.execute_query(self._group_decision_query(passing))
            else:
                self.env.execute_query(self._person_decision_query(passing))
        self.invalidate_recordset()

    @contextmanager
    def _joins_of_many_rows(self):
        """Keep PostgreSQL from comparing each row with each other.

        Facts and members that came in a moment ago are not in its statistics yet; it takes them for a handful, and a cycle of
        2,000 members then takes half a minute instead of a tenth of a second.
        """
        self.env.cr.execute("SET LOCAL enable_nestloop = off")
        yield
        self.env.cr.execute("SET LOCAL enable_nestloop = on")

    def _passing_other_criteria(self):
        """Partner ids of the members who meet the program's other compliance criteria; None when there are none.

        The criteria may look at data the user cannot read; only members of the cycle come back.
        """
        managers = [wrapper.manager_ref_id for wrapper in self.cycle_id.program_id.compliance_manager_ids]
        managers = [manager for manager in managers if manager]
        if not managers:
            return None
        members = Domain("cycle_ids.cycle_id", "=", self.cycle_id.id)
        partners_sudo = self.env["res.partner"].sudo()
        found = [
            set(
                partners_sudo.search(
                    members
                    & Domain(
                        manager.with_context(attendance_expression_cycle_id=self.cycle_id.id).get_compliance_domain()
                    )
                ).ids
            )
            for manager in managers
        ]
        return set.intersection(*found) if self.criteria["combination"] == "all" else set.union(*found)

    # ------------------------------------------------------------------ who is assessed

    def _assessed_query(self):
        """Memberships of the cycle with the people of whom attendance is asked.

        :return: SQL with the columns membership_id, unit_id (the member of the cycle), partner_id (the person), enrolled
        """
        conditions = SQL("membership.cycle_id = %s AND membership.state IN %s", self.cycle_id.id, ASSESSED_STATES)
        if self.cycle_id.program_id.target_type != "group":
            return SQL(
                "SELECT membership.id AS membership_id, membership.partner_id AS unit_id, membership.partner_id,"
                " membership.enrollment_date AS enrolled FROM spp_cycle_membership membership WHERE %s",
                conditions,
            )
        criteria = self.criteria
        people = [SQL("member.is_ended IS NOT TRUE"), SQL("person.disabled IS NULL")]
        if criteria["age_from"] or criteria["age_to"]:
            age = SQL("EXTRACT(YEAR FROM age(%s::date, person.birthdate))", criteria["to"])
            people.append(SQL("%s >= %s", age, criteria["age_from"]))
            if criteria["age_to"]:
                people.append(SQL("%s <= %s", age, criteria["age_to"]))
        if criteria["roles"]:
            field = self.env["spp.group.membership"]._fields["membership_type_ids"]
            people.append(
                SQL(
                    "EXISTS (SELECT FROM %s role WHERE role.%s = member.id AND role.%s = ANY(%s))",
                    SQL.identifier(field.relation),
                    SQL.identifier(field.column1),
                    SQL.identifier(field.column2),
                    criteria["roles"],
                )
            )
        return SQL(
            """
            SELECT membership.id AS membership_id, membership.partner_id AS unit_id, person.id AS partner_id,
                   membership.enrollment_date AS enrolled
              FROM spp_cycle_membership membership
              JOIN spp_group_membership member ON member."group" = membership.partner_id
              JOIN res_partner person ON person.id = member.individual
             WHERE %s AND %s
            """,
            conditions,
            SQL(" AND ").join(people),
        )

    # ------------------------------------------------------------------ counting

    def _person_query(self):
        """What was counted for each assessed person, and what follows: one grouped query over the ledger.

        :return: SQL with membership_id, unit_id, partner_id, counted, expected, required, is_met, could_be_met, is_known,
            problem, is_exempt, evidence_hash
        """
        criteria = self.criteria
        facts = [
            SQL("fact.state = 'active'"),
            SQL("fact.attendance_date BETWEEN %s AND %s", criteria["from"], criteria["to"]),
        ]
        for column, ids in (("type_id", "types"), ("location_id", "locations"), ("source_id", "sources")):
            if criteria[ids]:
                facts.append(SQL("%s = ANY(%s)", SQL.identifier("fact", column), criteria[ids]))
        if self.cycle_id.company_id:
            facts.append(SQL("(fact.company_id IS NULL OR fact.company_id = %s)", self.cycle_id.company_id.id))
        if criteria["prorate"]:
            facts.append(SQL("(assessed.enrolled IS NULL OR fact.attendance_date >= assessed.enrolled)"))
        threshold = SQL("%s::numeric", str(criteria["threshold"]))
        required = threshold
        if criteria["prorate"]:
            required = SQL(
                "CEIL(%(threshold)s * GREATEST(%(to)s::date - GREATEST(%(from)s::date, assessed.enrolled) + 1, 0)"
                " / (%(to)s::date - %(from)s::date + 1))",
                threshold=threshold,
                **{"from": criteria["from"], "to": criteria["to"]},
            )
        counted = SQL("COALESCE(%s, 0)", SQL("day_counts.days" if criteria["measure"] == "days" else "counts.weight"))
        if criteria["measure"] == "percentage":
            required = SQL("%s * counts.expected / 100", threshold)
            is_met = SQL("counts.expected > 0 AND 100 * counts.weight >= %s * counts.expected", threshold)
            is_known = SQL("counts.expected > 0")
        else:
            is_met = SQL("%s >= %s", counted, required)
            is_known = SQL("counts.partner_id IS NOT NULL OR answers.is_answered")
        exemptions = (
            self.env["spp.attendance.exemption"]
            .sudo()
            .search(self.env["spp.attendance.exemption"]._domain_for(self.cycle_id))
        )
        return SQL(
            """
            WITH assessed AS MATERIALIZED (%(assessed)s),
            parts AS (
                SELECT assessed.membership_id, assessed.partner_id, fact.type_id, fact.lates_per_absence,
                       COUNT(*) FILTER (WHERE %(in_denominator)s) AS expected,
                       COALESCE(SUM(%(weight)s) FILTER (WHERE %(in_denominator)s), 0) AS weight,
                       CASE WHEN fact.lates_per_absence > 0 THEN COUNT(*) / fact.lates_per_absence ELSE 0 END AS deducted,
                       COUNT(*) FILTER (WHERE fact.is_pending) AS pending,
                       string_agg(concat_ws('|', fact.id, fact.attendance_date, fact.weight, fact.is_in_denominator,
                                            fact.is_attended, fact.is_excused, fact.is_pending, fact.lates_per_absence),
                                  ';' ORDER BY fact.id) AS evidence
                  FROM assessed
                  JOIN spp_event_attendance fact ON fact.partner_id = assessed.partner_id
                 WHERE %(facts)s
              GROUP BY assessed.membership_id, assessed.partner_id, fact.type_id, fact.lates_per_absence
            ),
            counts AS MATERIALIZED (
                SELECT membership_id, partner_id, SUM(expected) AS expected,
                       GREATEST(SUM(weight) - SUM(deducted), 0) AS weight, SUM(pending) AS pending,
                       encode(sha256(convert_to(string_agg(evidence, ';' ORDER BY type_id, lates_per_absence), 'UTF8')), 'hex')
                           AS evidence_hash
                  FROM parts
              GROUP BY membership_id, partner_id
            ),
            day_counts AS MATERIALIZED (%(days)s),
            answers AS MATERIALIZED (
                SELECT partner_id, bool_or(outcome = 'answered') AS is_answered,
                       MIN(outcome) FILTER (WHERE outcome <> 'answered') AS problem
                  FROM spp_attendance_run_person WHERE run_id = %(run)s GROUP BY partner_id
            )
            SELECT assessed.membership_id, assessed.unit_id, assessed.partner_id,
                   %(counted)s AS counted, COALESCE(counts.expected, 0) AS expected,
                   COALESCE(%(required)s, 0) AS required,
                   COALESCE(%(is_met)s, FALSE) AS is_met, COALESCE(%(could_be_met)s, FALSE) AS could_be_met,
                   COALESCE(%(is_known)s, FALSE) AS is_known, answers.problem,
                   assessed.partner_id = ANY(%(exempt)s) AS is_exempt, counts.evidence_hash
              FROM assessed
         LEFT JOIN counts ON counts.membership_id = assessed.membership_id AND counts.partner_id = assessed.partner_id
         LEFT JOIN day_counts
                ON day_counts.membership_id = assessed.membership_id AND day_counts.partner_id = assessed.partner_id
         LEFT JOIN answers ON answers.partner_id = assessed.partner_id
            """,
            assessed=self._assessed_query(),
            facts=SQL(" AND ").join(facts),
            run=self.id,
            exempt=exemptions.partner_id.ids,
            counted=counted,
            required=required,
            is_met=is_met,
            could_be_met=self._best_case(counted, required, threshold),
            is_known=is_known,
            days=self._days_query(SQL(" AND ").join(facts)),
            **self._excused_terms(),
        )

    def _best_case(self, counted, required, threshold):
        """Whether the requirement would be met if every excuse that is asked for were granted, as SQL."""
        criteria = self.criteria
        if criteria["excused"] == "attended":
            if criteria["measure"] == "percentage":
                return SQL(
                    "counts.pending > 0 AND 100 * (counts.weight + counts.pending) >= %s * counts.expected", threshold
                )
            return SQL("counts.pending > 0 AND %s + counts.pending >= %s", counted, required)
        if criteria["excused"] == "register" and criteria["measure"] == "percentage":
            return SQL(
                "counts.pending > 0 AND 100 * counts.weight >= %s * (counts.expected - counts.pending)", threshold
            )
        return SQL("FALSE")

    def _days_query(self, facts):
        """Different local days on which each assessed person attended; counted only when days are asked for."""
        if self.criteria["measure"] != "days":
            return SQL("SELECT 0 AS membership_id, 0 AS partner_id, 0 AS days WHERE FALSE")
        return SQL(
            """
            SELECT assessed.membership_id, assessed.partner_id, COUNT(DISTINCT fact.attendance_date) AS days
              FROM assessed
              JOIN spp_event_attendance fact ON fact.partner_id = assessed.partner_id
             WHERE %s AND %s
          GROUP BY assessed.membership_id, assessed.partner_id
            """,
            facts,
            self._excused_terms()["is_attended"],
        )

    def _excused_terms(self):
        """How the requirement counts excused absences, as SQL terms on a fact."""
        match self.criteria["excused"]:
            case "attended":
                weight = SQL("CASE WHEN fact.is_excused THEN 1 ELSE fact.weight END")
                attended = SQL("(fact.is_attended OR fact.is_excused)")
            case "absent":
                weight = SQL("CASE WHEN fact.is_excused THEN 0 ELSE fact.weight END")
                attended = SQL("fact.is_attended")
            case _:
                return {
                    "weight": SQL("fact.weight"),
                    "in_denominator": SQL("fact.is_in_denominator"),
                    "is_attended": SQL("fact.is_attended"),
                }
        in_denominator = SQL("(fact.is_in_denominator OR fact.is_excused)")
        return {"weight": weight, "in_denominator": in_denominator, "is_attended": attended}

    # ------------------------------------------------------------------ judging

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

    def _insert_decisions(self, source, counted, expected, required, result, reason):
        """:return: SQL that writes one decision per row of `source`, which offers membership_id and unit_id"""
        return SQL(
            """
            INSERT INTO spp_attendance_decision (
                run_id, membership_id, partner_id, company_id, previous_state, previous_number, previous_decision_id,
                last_result, is_changed, counted, expected, required, result, reason, evidence_hash,
                create_date, write_date
            )
            SELECT %(run)s, membership.id, membership.partner_id, %(company)s, membership.state,
                   membership.number_of_attendance, membership.attendance_decision_id,
                   last.result, COALESCE(last.result <> judged.result, FALSE), judged.counted, judged.expected,
                   judged.required, judged.result, judged.reason, judged.evidence_hash,
                   %(now)s, %(now)s
              FROM (
                SELECT person.membership_id, %(counted)s AS counted, %(expected)s AS expected, %(required)s AS required,
                       %(result)s AS result, %(reason)s AS reason, person.evidence_hash
                  FROM (%(source)s) person
              ) judged
              JOIN spp_cycle_membership membership ON membership.id = judged.membership_id
         LEFT JOIN spp_attendance_decision last ON last.membership_id = membership.id AND last.run_id = %(last_run)s
          ORDER BY membership.id
         RETURNING id
            """,
            run=self.id,
            company=self.cycle_id.company_id.id or None,
            last_run=self._last_run().id or None,
            source=source,
            counted=counted,
            expected=expected,
            required=required,
            result=result,
            reason=reason,
            now=self.env.cr.now(),
        )

    def _last_run(self):
        """The run of the cycle that was applied last, else the last dry run; changes are shown against it."""
        earlier = [("cycle_id", "=", self.cycle_id.id), ("id", "<", self.id)]
        return self.search([*earlier, ("state", "=", "applied")], limit=1) or self.search(
            [*earlier, ("state", "=", "decided")], limit=1
        )

    def _person_decision_query(self, passing):
        reason = self._PERSON_REASON
        result = SQL(
            "CASE WHEN %(reason)s IN ('met', 'exempt') THEN 'compliant' WHEN %(reason)s = 'below' THEN 'non_compliant'"
            " ELSE 'unknown' END",
            reason=reason,
        )
        result, reason = self._with_other_criteria(SQL("person.unit_id"), result, reason, passing)
        return self._insert_decisions(
            self._person_query(),
            SQL("person.counted"),
            SQL("person.expected"),
            SQL("person.required"),
            result,
            reason,
        )

    def _assessment_query(self):
        return SQL(
            """
            INSERT INTO spp_attendance_assessment (
                run_id, membership_id, partner_id, company_id, counted, expected, required, result, reason, evidence_hash,
                create_date, write_date
            )
            SELECT %(run)s, judged.membership_id, judged.partner_id, %(company)s, judged.counted, judged.expected,
                   judged.required,
                   CASE WHEN judged.reason IN ('met', 'exempt') THEN 'included' WHEN judged.reason = 'below' THEN 'not_included'
                        ELSE 'unknown' END,
                   judged.reason, judged.evidence_hash, %(now)s, %(now)s
              FROM (SELECT person.*, %(reason)s AS reason FROM (%(people)s) person) judged
          ORDER BY judged.membership_id, judged.partner_id
         RETURNING id
            """,
            run=self.id,
            company=self.cycle_id.company_id.id or None,
            people=self._person_query(),
            reason=self._PERSON_REASON,
            now=self.env.cr.now(),
        )

    def _group_decision_query(self, passing):
        """Groups pass by their members; a group of which nobody is assessed is unknown."""
        criteria = self.criteria
        match criteria["group_rule"]:
            case "any":
                needed = SQL("1")
            case "count":
                needed = SQL("%s", criteria["group_count"])
            case "percentage":
                # the smallest whole number of members that is not below the percentage
                needed = SQL("CEIL(%s::numeric * person.assessed / 100)", str(criteria["group_percentage"]))
            case _:
                needed = SQL("person.assessed")
        reason = SQL(
            """
            CASE WHEN person.unit_id = ANY(%(exempt)s) THEN 'exempt'
                 WHEN person.assessed = 0 THEN 'nobody_assessed'
                 WHEN person.included >= %(needed)s THEN 'met'
                 WHEN person.included + person.unknown >= %(needed)s THEN 'members_unknown'
                 ELSE 'below' END
            """,
            exempt=self.env["spp.attendance.exemption"]
            .sudo()
            .search(self.env["spp.attendance.exemption"]._domain_for(self.cycle_id))
            .partner_id.ids,
            needed=needed,
        )
        result = SQL(
            "CASE WHEN %(reason)s IN ('met', 'exempt') THEN 'compliant' WHEN %(reason)s = 'below' THEN 'non_compliant'"
            " ELSE 'unknown' END",
            reason=reason,
        )
        result, reason = self._with_other_criteria(SQL("person.unit_id"), result, reason, passing)
        groups = SQL(
            """
            SELECT membership.id AS membership_id, membership.partner_id AS unit_id,
                   COUNT(assessment.id) AS assessed,
                   COUNT(*) FILTER (WHERE assessment.result = 'included') AS included,
                   COUNT(*) FILTER (WHERE assessment.result = 'unknown') AS unknown,
                   encode(sha256(convert_to(COALESCE(string_agg(concat_ws('|', assessment.partner_id, assessment.result,
                       assessment.evidence_hash), ';' ORDER BY assessment.partner_id), ''), 'UTF8')), 'hex') AS evidence_hash
              FROM spp_cycle_membership membership
         LEFT JOIN spp_attendance_assessment assessment
                ON assessment.membership_id = membership.id AND assessment.run_id = %s
             WHERE membership.cycle_id = %s AND membership.state IN %s
          GROUP BY membership.id
            """,
            self.id,
            self.cycle_id.id,
            ASSESSED_STATES,
        )
        return self._insert_decisions(
            groups,
            SQL("person.included"),
            SQL("person.assessed"),
            needed,
            result,
            reason,
        )
