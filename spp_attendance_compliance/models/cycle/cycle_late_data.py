# Part of the SPP attendance suite. LGPL-3.
"""Facts that come in after the decision are noted on the cycle, and before its end a dry run tells how it stands."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity import as_system, company_zone, local_day
from odoo.addons.spp_integrity.clock import database_now

from ..run.attendance_compliance_run_apply import FILTERED_CYCLE_STATES

#: So long after the last day of the window late facts are still looked for.
LATE_DATA_DAYS = 366


class Cycle(models.Model):
    """Facts that came after a run was applied, and the dry run some days before the end."""

    _inherit = "spp.cycle"

    attendance_late_changes = fields.Integer(
        "People With Late Data",
        readonly=True,
        copy=False,
        help="Of so many members attendance was added, changed or cancelled after the run that was applied last had decided. "
        "Counted at night.",
    )
    attendance_target_type = fields.Selection(related="program_id.target_type", string="Attendance Is Asked Of")
    attendance_is_applied = fields.Boolean(compute="_compute_attendance_is_applied")
    attendance_dry_run_at = fields.Datetime("Dry Run Made by Itself", readonly=True, copy=False)

    @api.depends("attendance_run_ids.state")
    def _compute_attendance_is_applied(self):
        for cycle in self:
            cycle.attendance_is_applied = any(run.state == "applied" for run in cycle.attendance_run_ids)

    def _applied_attendance_run(self):
        """The run about all members that was applied last."""
        self.ensure_one()
        # sudo: which run is in force does not depend on who asks
        return (
            self.env["spp.attendance.compliance.run"]
            .sudo()
            .search([("cycle_id", "=", self.id), ("state", "=", "applied"), ("kind", "!=", "dispute")], limit=1)
        )

    # --- late data

    def action_attendance_late_data(self):
        """Judge the facts of now by the requirement of the applied run, in whatever state the cycle is.

        :return: window action on the new run, which says what would change
        :raise AccessError: for anybody below programs officer
        :raise UserError: when no run was applied or the cycle is cancelled
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers may look for late attendance: ask one to do it."))
        self.check_access("read")
        cycle = as_system(self)
        applied = cycle._applied_attendance_run()
        if not applied:
            raise UserError(
                self.env._("No attendance run of %s was applied: there is nothing to compare with.", cycle.name)
            )
        if cycle.state == "cancelled":
            raise UserError(self.env._("%s is cancelled: late attendance changes nothing.", cycle.name))
        run = cycle._start_attendance_follow_up("difference", applied.criteria)
        return run.with_env(self.env).get_formview_action()

    def _start_attendance_follow_up(self, kind, criteria):
        """Decide again in a cycle of which a run was applied; nothing is written to memberships.

        :param kind: "difference" or "dispute"
        :param criteria: the requirement of the run that was applied
        :return: the new run
        """
        run = self.env["spp.attendance.compliance.run"].create(
            {"cycle_id": self.id, "kind": kind, "criteria": criteria, "user_id": self.env.uid}
        )
        run._start()
        return run

    @api.model
    def _cron_note_late_attendance(self):
        """Note on each cycle of how many members the facts changed after the decision in force. One statement.

        What was changed is told by the trace of the ledger: facts that left the window or the person count as well, and what
        says nothing about the attendance does not.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH applied AS (
                    SELECT DISTINCT ON (run.cycle_id) run.id, run.cycle_id, run.criteria
                      FROM spp_attendance_compliance_run run
                      JOIN spp_cycle cycle ON cycle.id = run.cycle_id
                     WHERE run.state = 'applied' AND run.kind <> 'dispute' AND cycle.state <> 'cancelled'
                       AND (run.criteria->>'to')::date > %(oldest)s
                  ORDER BY run.cycle_id, run.id DESC
                ),
                people AS (
                    SELECT decision.run_id, decision.membership_id, membership.partner_id
                      FROM spp_attendance_decision decision
                      JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                     WHERE decision.run_id IN (SELECT id FROM applied)
                     UNION
                    SELECT decision.run_id, decision.membership_id, assessment.partner_id
                      FROM spp_attendance_assessment assessment
                      JOIN spp_attendance_decision decision ON decision.id = assessment.decision_id
                     WHERE decision.run_id IN (SELECT id FROM applied)
                ),
                decided AS (
                    SELECT people.run_id, people.partner_id, MAX(decision.create_date) AS moment
                      FROM people
                      JOIN spp_cycle_membership membership ON membership.id = people.membership_id
                      JOIN spp_attendance_decision decision ON decision.id = membership.attendance_decision_id
                  GROUP BY people.run_id, people.partner_id
                ),
                changed AS (
                    SELECT decided.run_id, fact.*
                      FROM decided
                      JOIN spp_event_attendance fact ON fact.partner_id = decided.partner_id
                     WHERE fact.state = 'active'
                       AND (fact.create_date > decided.moment OR EXISTS (
                           SELECT FROM spp_event_attendance_version version
                            WHERE version.event_id = fact.id AND version.replaced_at > decided.moment))
                     UNION ALL
                    SELECT decided.run_id, fact.*
                      FROM decided
                      JOIN spp_event_attendance_version version
                        ON version.partner_id = decided.partner_id AND version.replaced_at > decided.moment,
                           jsonb_populate_record(NULL::spp_event_attendance, version.former) fact
                     WHERE fact.state = 'active'
                ),
                late AS (
                    SELECT applied.cycle_id, COUNT(DISTINCT fact.partner_id) AS changes
                      FROM applied
                      JOIN changed fact ON fact.run_id = applied.id
                     WHERE fact.attendance_date BETWEEN (applied.criteria->>'from')::date AND (applied.criteria->>'to')::date
                       AND %(types)s AND %(locations)s AND %(sources)s
                  GROUP BY applied.cycle_id
                )
                UPDATE spp_cycle cycle
                   SET attendance_late_changes = COALESCE(late.changes, 0)
                  FROM applied LEFT JOIN late ON late.cycle_id = applied.cycle_id
                 WHERE cycle.id = applied.cycle_id
                   AND cycle.attendance_late_changes IS DISTINCT FROM COALESCE(late.changes, 0)
             RETURNING cycle.id
                """,
                oldest=database_now(self.env).date() - timedelta(days=LATE_DATA_DAYS),
                types=self._late_fact_condition("types", "type_id"),
                locations=self._late_fact_condition("locations", "location_id"),
                sources=self._late_fact_condition("sources", "source_id"),
            )
        )
        self.browse(row[0] for row in rows).invalidate_recordset(["attendance_late_changes"])

    @api.model
    def _late_fact_condition(self, criterion, column):
        return SQL(
            "(jsonb_array_length(applied.criteria->%(criterion)s) = 0"
            " OR applied.criteria->%(criterion)s @> to_jsonb(%(column)s))",
            criterion=criterion,
            column=SQL.identifier("fact", column),
        )

    # --- dry run before the end

    @api.model
    def _cron_dry_run_before_the_end(self):
        """Make one dry run of each cycle that asks for it, so many days before its window ends."""
        cycles = self.search(
            Domain("attendance_required", "=", True)
            & Domain("attendance_days_before", ">", 0)
            & Domain("attendance_dry_run_at", "=", False)
            & Domain("state", "in", FILTERED_CYCLE_STATES)
            & Domain("compliance_criteria_applied", "=", False)
            & Domain("cycle_membership_ids", "!=", False)
        ).filtered(lambda cycle: cycle._attendance_dry_run_is_due())
        for done, cycle in enumerate(cycles, start=1):
            cycle.attendance_dry_run_at = database_now(self.env)
            try:
                with self.env.cr.savepoint():
                    run = cycle._start_attendance_run()
                    cycle._announce_attendance_run(run)
            except UserError as error:
                cycle.message_post(body=self.env._("No attendance dry run was made: %s", error))
            self.env["ir.cron"]._commit_progress(1, remaining=len(cycles) - done)

    def _attendance_now(self):
        """The moment (UTC) at which is asked what is still to come."""
        return database_now(self.env)

    def _attendance_today(self):
        """Today where the program is."""
        return self._attendance_local_day(self._attendance_now())

    def _attendance_local_day(self, moment):
        """The day of a UTC moment where the program is."""
        return local_day(moment, company_zone(self.company_id))

    def _attendance_dry_run_is_due(self):
        self.ensure_one()
        last = self._attendance_window()[1]
        return last - timedelta(days=self.attendance_days_before) <= self._attendance_today() <= last

    def _announce_attendance_run(self, run):
        """Leave a note about a run nobody asked for by hand, and a task for whoever made the cycle and may apply it."""
        if run.state != "decided":
            self.message_post(body=self.env._("Attendance servers are being asked for the dry run %s.", run.name))
            return
        self.message_post(
            body=self.env._(
                "Attendance dry run: %(compliant)s compliant, %(not_compliant)s not compliant, %(unknown)s unknown; the "
                "window ends on %(day)s.",
                compliant=run.compliant_count,
                not_compliant=run.non_compliant_count,
                unknown=run.unknown_count,
                day=self._attendance_window()[1],
            )
        )
        responsible = self.create_uid
        if responsible.active and responsible.has_group("spp_programs.group_programs_officer"):
            self.activity_schedule(
                "mail.mail_activity_data_todo",
                summary=self.env._("Look at the attendance dry run"),
                user_id=responsible.id,
            )
