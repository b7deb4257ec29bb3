# Part of the SPP attendance suite. LGPL-3.
from contextlib import contextmanager

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

#: Only these membership states may be changed by attendance; paused, exited and not eligible people stay as they are.
ASSESSED_STATES = ("draft", "enrolled", "non_compliant")


class AttendanceComplianceRun(models.Model):
    """How a run counts: people in one grouped query; memberships are then judged in one statement.

    Percentages are compared as ``100 * weight >= threshold * expected`` in exact decimals, so a tie is a pass and 79.5 is
    never 80. Whoever meets the requirement passes whatever else is unknown; whoever does not, but about whom something is
    unknown that could change it, is unknown.

    The run says who decided. Its rows do not: for each of them PostgreSQL would look the user up twice.
    """

    _inherit = "spp.attendance.compliance.run"

    #: What was attended, less what late arrivals take away; never below zero.
    _WEIGHT = SQL("GREATEST(counts.attended - COALESCE(lates.absences, 0), 0)")
    _MEMBERSHIP_NOW = SQL("membership.state, membership.number_of_attendance, membership.attendance_decision_id")

    def _fill_ledger(self):
        """Bring the facts of sources in this database up to date; servers are asked before."""
        self._sources()._collect_facts(self)

    def _decide(self):
        """Write one decision per assessable membership (and one assessment per group member); nothing else changes."""
        self.ensure_one()
        self.env.flush_all()
        passing = self._passing_other_criteria()
        with self._joins_of_many_rows():
            self.env.cr.execute(self._decision_query(passing))
        self.invalidate_recordset()

    @contextmanager
    def _joins_of_many_rows(self):
        """Keep PostgreSQL from comparing each row with each other, and let it sort the facts in memory.

        Facts and members that came in a moment ago are not in its statistics yet; it takes them for a handful, and a cycle of
        2,000 members then takes half a minute instead of a tenth of a second. One disputed membership is looked up.
        """
        if self.criteria.get("memberships"):
            yield
            return
        self.env.cr.execute("SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'")
        yield
        self.env.cr.execute("SET LOCAL enable_nestloop = on; SET LOCAL work_mem TO DEFAULT")

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

    def _membership_condition(self):
        """Which memberships this run looks at, as SQL; a dispute is about one of them only."""
        condition = SQL("membership.cycle_id = %s AND membership.state IN %s", self.cycle_id.id, ASSESSED_STATES)
        if memberships := self.criteria.get("memberships"):
            condition = SQL("%s AND membership.id = ANY(%s)", condition, memberships)
        return condition

    def _assessed_query(self):
        """Memberships of the cycle with the people of whom attendance is asked.

        :return: SQL with the columns membership_id, unit_id (the member of the cycle), partner_id (the person), enrolled, and
            what the membership says now: state, number_of_attendance, attendance_decision_id
        """
        conditions = self._membership_condition()
        if self.cycle_id.program_id.target_type != "group":
            return SQL(
                """
                SELECT membership.id AS membership_id, membership.partner_id AS unit_id, membership.partner_id,
                       membership.enrollment_date AS enrolled, %s
                  FROM spp_cycle_membership membership
                 WHERE %s
                """,
                self._MEMBERSHIP_NOW,
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
                   membership.enrollment_date AS enrolled, %s
              FROM spp_cycle_membership membership
              JOIN spp_group_membership member ON member."group" = membership.partner_id
              JOIN res_partner person ON person.id = member.individual
             WHERE %s AND %s
            """,
            self._MEMBERSHIP_NOW,
            conditions,
            SQL(" AND ").join(people),
        )

    def _exempt_query(self):
        """:return: SQL subquery of the people and groups of whom no attendance is asked in the cycle"""
        exemptions_sudo = self.env["spp.attendance.exemption"].sudo()
        return exemptions_sudo._search(exemptions_sudo._domain_for(self.cycle_id)).subselect("partner_id")

    # ------------------------------------------------------------------ counting

    def _trials(self, thresholds=None):
        """The thresholds to judge by, as an SQL relation `trial`: the one of the requirement, or others to try out."""
        values = SQL(", ").join(
            SQL("(%s::numeric)", str(threshold)) for threshold in thresholds or [self.criteria["threshold"]]
        )
        return SQL("(VALUES %s) trial (threshold)", values)

    def _person_query(self, thresholds=None):
        """What was counted for each assessed person, and what follows: one grouped query over the ledger.

        :param thresholds: list of thresholds to try out instead of that of the requirement
        :return: SQL with membership_id, unit_id, partner_id, threshold, counted, expected, required, is_met, could_be_met,
            is_known, problem, is_exempt, evidence_hash, state, number_of_attendance, attendance_decision_id; one row per
            person and threshold
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
        threshold = SQL("trial.threshold")
        required = threshold
        if criteria["prorate"]:
            required = SQL(
                "CEIL(%(threshold)s * GREATEST(%(to)s::date - GREATEST(%(from)s::date, assessed.enrolled) + 1, 0)"
                " / (%(to)s::date - %(from)s::date + 1))",
                threshold=threshold,
                **{"from": criteria["from"], "to": criteria["to"]},
            )
        terms = self._excused_terms()
        days, counted = SQL("0"), self._WEIGHT
        if criteria["measure"] == "days":
            days = SQL("COUNT(DISTINCT fact.attendance_date) FILTER (WHERE %s)", terms["is_attended"])
            counted = SQL("COALESCE(counts.days, 0)")
        if criteria["measure"] == "percentage":
            required = SQL("%s * counts.expected / 100", threshold)
            is_met = SQL("counts.expected > 0 AND 100 * %s >= %s * counts.expected", self._WEIGHT, threshold)
            is_known = SQL("counts.expected > 0")
        else:
            is_met = SQL("%s >= %s", counted, required)
            is_known = SQL("counts.partner_id IS NOT NULL OR answers.is_answered")
        return SQL(
            """
            WITH assessed AS MATERIALIZED (%(assessed)s),
            counts AS MATERIALIZED (
                SELECT assessed.membership_id, assessed.partner_id,
                       COUNT(*) FILTER (WHERE %(in_denominator)s) AS expected,
                       COALESCE(SUM(%(weight)s) FILTER (WHERE %(in_denominator)s), 0) AS attended,
                       COUNT(*) FILTER (WHERE fact.is_pending) AS pending,
                       %(days)s AS days,
                       encode(sha256(convert_to(string_agg(
                           concat_ws('|', fact.id, fact.attendance_date, fact.weight, fact.is_in_denominator, fact.is_attended,
                                     fact.is_excused, fact.is_pending, fact.lates_per_absence),
                           ';' ORDER BY fact.id), 'UTF8')), 'hex') AS evidence_hash
                  FROM assessed
                  JOIN spp_event_attendance fact ON fact.partner_id = assessed.partner_id
                 WHERE %(facts)s
              GROUP BY assessed.membership_id, assessed.partner_id
            ),
            lates AS MATERIALIZED (
                SELECT membership_id, partner_id, SUM(late / lates_per_absence) AS absences
                  FROM (SELECT assessed.membership_id, assessed.partner_id, fact.lates_per_absence, COUNT(*) AS late
                          FROM assessed
                          JOIN spp_event_attendance fact ON fact.partner_id = assessed.partner_id
                         WHERE %(facts)s AND fact.lates_per_absence > 0
                      GROUP BY assessed.membership_id, assessed.partner_id, fact.type_id, fact.lates_per_absence) part
              GROUP BY membership_id, partner_id
            ),
            answers AS MATERIALIZED (
                SELECT partner_id, bool_or(outcome = 'answered') AS is_answered,
                       MIN(outcome) FILTER (WHERE outcome <> 'answered') AS problem
                  FROM spp_attendance_run_person WHERE run_id = %(run)s GROUP BY partner_id
            )
            SELECT assessed.membership_id, assessed.unit_id, assessed.partner_id, assessed.state,
                   assessed.number_of_attendance, assessed.attendance_decision_id, trial.threshold,
                   %(counted)s AS counted, COALESCE(counts.expected, 0) AS expected,
                   COALESCE(%(required)s, 0) AS required,
                   COALESCE(%(is_met)s, FALSE) AS is_met, COALESCE(%(could_be_met)s, FALSE) AS could_be_met,
                   COALESCE(%(is_known)s, FALSE) AS is_known, answers.problem,
                   assessed.partner_id IN %(exempt)s AS is_exempt, counts.evidence_hash
              FROM assessed
        CROSS JOIN %(trials)s
         LEFT JOIN counts ON counts.membership_id = assessed.membership_id AND counts.partner_id = assessed.partner_id
         LEFT JOIN lates ON lates.membership_id = assessed.membership_id AND lates.partner_id = assessed.partner_id
         LEFT JOIN answers ON answers.partner_id = assessed.partner_id
            """,
            assessed=self._assessed_query(),
            trials=self._trials(thresholds),
            facts=SQL(" AND ").join(facts),
            run=self.id,
            exempt=self._exempt_query(),
            counted=counted,
            required=required,
            is_met=is_met,
            could_be_met=self._best_case(counted, required, threshold),
            is_known=is_known,
            days=days,
            **terms,
        )

    def _best_case(self, counted, required, threshold):
        """Whether the requirement would be met if every excuse that is asked for were granted, as SQL."""
        criteria = self.criteria
        if criteria["excused"] == "attended":
            if criteria["measure"] == "percentage":
                return SQL(
                    "counts.pending > 0 AND 100 * (%s + counts.pending) >= %s * counts.expected",
                    self._WEIGHT,
                    threshold,
                )
            return SQL("counts.pending > 0 AND %s + counts.pending >= %s", counted, required)
        if criteria["excused"] == "register" and criteria["measure"] == "percentage":
            return SQL(
                "counts.pending > 0 AND 100 * %s >= %s * (counts.expected - counts.pending)", self._WEIGHT, threshold
            )
        return SQL("FALSE")

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
