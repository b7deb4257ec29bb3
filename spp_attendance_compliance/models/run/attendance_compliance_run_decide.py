# Part of the SPP attendance suite. LGPL-3.
"""Counting for a run: whom it looks at, which facts count, and one grouped query over all of them."""

from contextlib import contextmanager

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity import with_guarded
from odoo.addons.spp_integrity.clock import database_now
from odoo.addons.spp_session_tracking import counting

from ..ledger.event_attendance import LEDGER

#: Only these membership states may be changed by attendance; paused, exited and not eligible people stay as they are.
ASSESSED_STATES = ("draft", "enrolled", "non_compliant")


class AttendanceComplianceRun(models.Model):
    """How a run counts: people in one grouped query; memberships are then judged in one statement.

    What a fact counts for and when a requirement is met is said in `counting` of the registers. Whoever meets the
    requirement passes whatever else is unknown; whoever does not, but about whom something is unknown that could change it,
    is unknown.

    The run says who decided. Its rows do not: for each of them PostgreSQL would look the user up twice.
    """

    _inherit = "spp.attendance.compliance.run"

    #: What was attended, less what late arrivals take away.
    _WEIGHT = SQL("COALESCE(counts.net_weight, 0)")
    _MEMBERSHIP_NOW = SQL("membership.state, membership.number_of_attendance, membership.attendance_decision_id")

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
        # sudo: criteria may look at data that the user may not read; only who passes is returned
        partners_sudo = self.env["res.partner"].sudo()
        found = [
            set(
                partners_sudo.search(
                    members
                    & Domain(
                        with_guarded(manager, attendance_expression_cycle_id=self.cycle_id.id).get_compliance_domain()
                    )
                ).ids
            )
            for manager in managers
        ]
        return set.intersection(*found) if self.criteria["combination"] == "all" else set.union(*found)

    # --- who is assessed

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
            self._member_condition(),
        )

    def _member_condition(self):
        """Which members of a group are assessed, as SQL on ``member`` and ``person``: those who belong to it now."""
        criteria = self.criteria
        return counting.present_members(
            self.env,
            database_now(self.env),
            criteria["roles"],
            criteria["age_from"],
            criteria["age_to"],
            criteria["to"],
        )

    def _exempt_query(self):
        """:return: SQL subquery of the people and groups of whom no attendance is asked in the cycle"""
        # sudo: exemptions in all areas count
        exemptions_sudo = self.env["spp.attendance.exemption"].sudo()
        return exemptions_sudo._search(exemptions_sudo._domain_for(self.cycle_id)).subselect("partner_id")

    # --- counting

    #: What a decision rests on: equal evidence has equal hashes.
    _EVIDENCE_HASH = SQL(
        """
        encode(sha256(convert_to(string_agg(
            concat_ws('|', fact.id, fact.attendance_date, fact.weight, fact.is_in_denominator, fact.is_attended,
                      fact.is_excused, fact.is_pending, fact.lates_per_absence),
            ';' ORDER BY fact.id), 'UTF8')), 'hex')
        """
    )

    def _fact_condition(self, enrolled):
        """The facts that this run looks at, as SQL on ``fact``.

        :param enrolled: SQL of the day on which the member of the cycle was enrolled
        """
        criteria = self.criteria
        conditions = [LEDGER.between(criteria["from"], criteria["to"])]
        conditions += [
            LEDGER.one_of(column, criteria[ids] or None)
            for column, ids in (("session_type", "types"), ("location_id", "locations"), ("source_id", "sources"))
        ]
        if self.cycle_id.company_id:
            conditions.append(SQL("(fact.company_id IS NULL OR fact.company_id = %s)", self.cycle_id.company_id.id))
        if criteria["prorate"]:
            conditions.append(SQL("(%(enrolled)s IS NULL OR fact.attendance_date >= %(enrolled)s)", enrolled=enrolled))
        return SQL(" AND ").join(conditions)

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
        threshold = SQL("trial.threshold")
        required = threshold
        if criteria["prorate"]:
            required = SQL(
                "CEIL(%(threshold)s * GREATEST(%(to)s::date - GREATEST(%(from)s::date, assessed.enrolled) + 1, 0)"
                " / (%(to)s::date - %(from)s::date + 1))",
                threshold=threshold,
                **{"from": criteria["from"], "to": criteria["to"]},
            )
        counted, expected = self._WEIGHT, SQL("COALESCE(counts.counted, 0)")
        whole = {"evidence_hash": self._EVIDENCE_HASH}
        if criteria["measure"] == "days":
            whole["days"], counted = LEDGER.days(criteria["excused"]), SQL("COALESCE(counts.days, 0)")
        if criteria["measure"] == "percentage":
            required = SQL("%s * %s / 100", threshold, expected)
            is_met = counting.sql_is_share_met(self._WEIGHT, expected, threshold)
            is_known = SQL("%s > 0", expected)
        else:
            is_met = SQL("%s >= %s", counted, required)
            is_known = SQL("counts.partner_id IS NOT NULL OR answers.is_answered")
        return SQL(
            """
            WITH assessed AS MATERIALIZED (%(assessed)s),
            counts AS MATERIALIZED (%(counts)s),
            answers AS MATERIALIZED (
                SELECT partner_id, bool_or(outcome = 'answered') AS is_answered,
                       MIN(outcome) FILTER (WHERE outcome <> 'answered') AS problem
                  FROM spp_attendance_run_person WHERE run_id = %(run)s GROUP BY partner_id
            )
            SELECT assessed.membership_id, assessed.unit_id, assessed.partner_id, assessed.state,
                   assessed.number_of_attendance, assessed.attendance_decision_id, trial.threshold,
                   %(counted)s AS counted, %(expected)s AS expected, COALESCE(%(required)s, 0) AS required,
                   COALESCE(%(is_met)s, FALSE) AS is_met, COALESCE(%(could_be_met)s, FALSE) AS could_be_met,
                   COALESCE(%(is_known)s, FALSE) AS is_known, answers.problem,
                   assessed.partner_id IN %(exempt)s AS is_exempt, counts.evidence_hash
              FROM assessed
        CROSS JOIN %(trials)s
         LEFT JOIN counts ON counts.membership_id = assessed.membership_id AND counts.partner_id = assessed.partner_id
         LEFT JOIN answers ON answers.partner_id = assessed.partner_id
            """,
            assessed=self._assessed_query(),
            trials=self._trials(thresholds),
            counts=LEDGER.tally(
                ("membership_id", "partner_id"),
                self._fact_condition(SQL("assessed.enrolled")),
                SQL("assessed JOIN spp_event_attendance fact ON fact.partner_id = assessed.partner_id"),
                of="assessed",
                excused=criteria["excused"],
                whole=whole,
            ),
            run=self.id,
            exempt=self._exempt_query(),
            counted=counted,
            expected=expected,
            required=required,
            is_met=is_met,
            could_be_met=self._best_case(counted, required, threshold),
            is_known=is_known,
        )

    def _best_case(self, counted, required, threshold):
        """Whether the requirement would be met if every excuse that is asked for were granted, as SQL."""
        criteria = self.criteria
        percentage = criteria["measure"] == "percentage"
        if criteria["excused"] == "attended":
            granted = SQL("%s + counts.pending", counted)
            best = (
                counting.sql_is_share_met(granted, SQL("counts.counted"), threshold)
                if percentage
                else SQL("%s >= %s", granted, required)
            )
        elif criteria["excused"] == "register" and percentage:
            rest = SQL("(counts.counted - counts.pending)")
            # if nothing else is expected, nothing would be known
            best = SQL("COALESCE(%s, TRUE)", counting.sql_is_share_met(counted, rest, threshold))
        else:
            return SQL("FALSE")
        return SQL("counts.pending > 0 AND %s", best)
