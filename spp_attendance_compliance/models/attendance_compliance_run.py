# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

# only these membership states may be changed by attendance; paused, exited and not eligible people stay as they are
ASSESSED_STATES = ("draft", "enrolled", "non_compliant")
FILTERED_CYCLE_STATES = ("draft", "to_approve")


class AttendanceComplianceRun(models.Model):
    """One assessment of a cycle: a dry run that writes decisions, which a manager (or the cron) then applies."""

    _name = "spp.attendance.compliance.run"
    _description = "Attendance Compliance Run"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="cycle_id.company_id", store=True)
    state = fields.Selection(
        [("decided", "Dry Run"), ("applied", "Applied")], required=True, readonly=True, default="decided"
    )
    user_id = fields.Many2one("res.users", "Started By", readonly=True, default=lambda self: self.env.uid)
    applied_at = fields.Datetime(readonly=True)
    applied_by_id = fields.Many2one("res.users", readonly=True)
    criteria = fields.Json(readonly=True, help="The requirement as it was when this run decided.")
    criteria_text = fields.Char("Requirement", compute="_compute_criteria_text")
    decision_ids = fields.One2many("spp.attendance.decision", "run_id", "Decisions")
    compliant_count = fields.Integer("Compliant", compute="_compute_counts")
    non_compliant_count = fields.Integer("Not Compliant", compute="_compute_counts")
    unknown_count = fields.Integer("Unknown", compute="_compute_counts")

    @api.depends("cycle_id.name", "create_date")
    def _compute_name(self):
        for run in self:
            moment = fields.Datetime.context_timestamp(run, run.create_date or fields.Datetime.now())
            run.name = f"{run.cycle_id.name} {moment:%Y-%m-%d %H:%M}"

    @api.depends("criteria")
    def _compute_criteria_text(self):
        for run in self:
            criteria = run.criteria or {}
            values = {
                "threshold": f"{criteria.get('threshold', 0):g}",
                "first": criteria.get("from"),
                "last": criteria.get("to"),
            }
            match criteria.get("measure"):
                case "percentage":
                    text = self.env._(
                        "at least %(threshold)s %% of the expected sessions, %(first)s to %(last)s", **values
                    )
                case "days":
                    text = self.env._("at least %(threshold)s different days, %(first)s to %(last)s", **values)
                case _:
                    text = self.env._("at least %(threshold)s sessions, %(first)s to %(last)s", **values)
            run.criteria_text = text

    def _compute_counts(self):
        counts = {
            (run.id, result): count
            for run, result, count in self.env["spp.attendance.decision"]._read_group(
                [("run_id", "in", self.ids)], ["run_id", "result"], ["__count"]
            )
        }
        for run in self:
            run.compliant_count = counts.get((run._origin.id, "compliant"), 0)
            run.non_compliant_count = counts.get((run._origin.id, "non_compliant"), 0)
            run.unknown_count = counts.get((run._origin.id, "unknown"), 0)

    # ------------------------------------------------------------------ deciding

    def _decide(self):
        """Fill the ledger for the window, then write one decision per assessable membership; nothing else changes."""
        self.ensure_one()
        self.env["spp.event.attendance"]._sync_sessions(self.cycle_id._attendance_sessions())
        self.env.flush_all()
        self.env.execute_query(self._decision_query())
        self.invalidate_recordset()

    def _decision_query(self):
        """One grouped query over the ledger decides about all memberships.

        Percentages are compared as ``100 * weight >= threshold * expected`` in exact decimals, so a tie is a pass and
        79.5 is never 80. Somebody of whom nothing was expected is unknown, not absent.
        """
        cycle, criteria = self.cycle_id, self.criteria
        conditions = [
            SQL("fact.state = 'active'"),
            SQL("fact.attendance_date BETWEEN %s AND %s", criteria["from"], criteria["to"]),
        ]
        if criteria["types"]:
            conditions.append(SQL("fact.type_id = ANY(%s)", criteria["types"]))
        if criteria["locations"]:
            conditions.append(SQL("fact.location_id = ANY(%s)", criteria["locations"]))
        if cycle.company_id:
            conditions.append(SQL("(fact.company_id IS NULL OR fact.company_id = %s)", cycle.company_id.id))
        threshold = SQL("%s::numeric", str(criteria["threshold"]))
        match criteria["measure"]:
            case "percentage":
                counted, nothing_known = SQL("counts.weight"), SQL("counts.expected = 0")
                required = SQL("%s * counts.expected / 100", threshold)
                compliant = SQL("100 * counts.weight >= %s * counts.expected", threshold)
            case "days":
                counted, nothing_known = SQL("counts.days"), SQL("FALSE")
                required, compliant = threshold, SQL("counts.days >= %s", threshold)
            case _:
                counted, nothing_known = SQL("counts.weight"), SQL("FALSE")
                required, compliant = threshold, SQL("counts.weight >= %s", threshold)
        return SQL(
            """
            WITH counts AS (
                SELECT fact.partner_id,
                       COUNT(*) FILTER (WHERE fact.is_in_denominator) AS expected,
                       COALESCE(SUM(fact.weight) FILTER (WHERE fact.is_in_denominator), 0) AS weight,
                       COUNT(DISTINCT fact.attendance_date) FILTER (WHERE fact.is_attended) AS days
                  FROM spp_event_attendance fact
                 WHERE %(conditions)s
              GROUP BY fact.partner_id
            )
            INSERT INTO spp_attendance_decision (
                run_id, membership_id, partner_id, company_id, previous_state, counted, expected, required, result, reason,
                create_uid, create_date, write_uid, write_date
            )
            SELECT %(run)s, membership.id, membership.partner_id, %(company)s, membership.state,
                   COALESCE(%(counted)s, 0), COALESCE(counts.expected, 0), COALESCE(%(required)s, 0),
                   CASE WHEN counts.partner_id IS NULL OR %(nothing_known)s THEN 'unknown'
                        WHEN %(compliant)s THEN 'compliant'
                        ELSE 'non_compliant' END,
                   CASE WHEN counts.partner_id IS NULL OR %(nothing_known)s THEN 'nothing_expected'
                        WHEN %(compliant)s THEN 'met'
                        ELSE 'below' END,
                   %(uid)s, %(now)s, %(uid)s, %(now)s
              FROM spp_cycle_membership membership
         LEFT JOIN counts ON counts.partner_id = membership.partner_id
             WHERE membership.cycle_id = %(cycle)s AND membership.state IN %(states)s
          ORDER BY membership.id
         RETURNING id
            """,
            conditions=SQL(" AND ").join(conditions),
            run=self.id,
            company=cycle.company_id.id or None,
            cycle=cycle.id,
            states=ASSESSED_STATES,
            counted=counted,
            required=required,
            compliant=compliant,
            nothing_known=nothing_known,
            uid=self.env.uid,
            now=self.env.cr.now(),
        )

    # ------------------------------------------------------------------ applying

    def action_apply(self):
        """Write the decisions to the cycle's memberships.

        :raise AccessError: for anybody but a programs manager
        :raise UserError: when the cycle is approved already, or a newer run exists
        """
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only a programs manager may apply attendance decisions: ask one to do it."))
        self.check_access("read")
        for run in self.sudo():
            run._check_can_apply()
            run._apply()

    def _check_can_apply(self):
        cycle = self.cycle_id
        if cycle.state not in FILTERED_CYCLE_STATES:
            raise UserError(
                self.env._("%s is approved or over: its members can no longer be filtered by attendance.", cycle.name)
            )
        if self.state == "decided" and self.search_count([("cycle_id", "=", cycle.id), ("id", ">", self.id)]):
            raise UserError(self.env._("A newer run of this cycle exists: apply that one instead."))

    def _apply(self):
        """Set-based; applying twice changes nothing. Unknown people keep their state."""
        if self.state == "applied":
            return
        self.cycle_id.lock_for_update()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE spp_cycle_membership membership
                   SET state = CASE decision.result WHEN 'compliant' THEN 'enrolled' ELSE 'non_compliant' END,
                       number_of_attendance = decision.counted,
                       attendance_decision_id = decision.id,
                       write_uid = %(uid)s, write_date = %(now)s
                  FROM spp_attendance_decision decision
                 WHERE decision.run_id = %(run)s AND decision.membership_id = membership.id
                   AND decision.result IN ('compliant', 'non_compliant')
                   AND membership.state IN %(states)s
             RETURNING membership.id
                """,
                run=self.id,
                states=ASSESSED_STATES,
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        memberships = self.env["spp.cycle.membership"].browse(row[0] for row in rows)
        memberships.invalidate_recordset()
        memberships.modified(["state", "number_of_attendance"])
        self.write({"state": "applied", "applied_at": fields.Datetime.now(), "applied_by_id": self.env.uid})
        self.cycle_id.compliance_criteria_applied = True
        self.cycle_id.message_post(
            body=self.env._(
                "Filtered by attendance: %(compliant)s compliant, %(not_compliant)s not compliant, %(unknown)s unknown.",
                compliant=self.compliant_count,
                not_compliant=self.non_compliant_count,
                unknown=self.unknown_count,
            )
        )

    def action_view_decisions(self):
        """Open the decisions of this run.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_attendance_decision")
        return {**action, "domain": [("run_id", "=", self.id)]}
