# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models
from odoo.tools import format_date


class AttendanceComplianceRun(models.Model):
    """One assessment of a cycle: a dry run that writes decisions, which a manager (or the cron) then applies."""

    _name = "spp.attendance.compliance.run"
    _description = "Attendance Compliance Run"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True, ondelete="cascade", index=True)
    company_id = fields.Many2one(related="cycle_id.company_id", store=True)
    state = fields.Selection(
        [
            ("fetching", "Asking Servers"),
            ("failed", "Stopped"),
            ("fetched", "Ledger Refreshed"),
            ("decided", "Dry Run"),
            ("applied", "Applied"),
            ("reverted", "Reverted"),
        ],
        required=True,
        readonly=True,
        default="decided",
    )
    user_id = fields.Many2one("res.users", "Started By", readonly=True, default=lambda self: self.env.uid)
    applied_at = fields.Datetime(readonly=True)
    applied_by_id = fields.Many2one("res.users", readonly=True)
    approved_at = fields.Datetime(readonly=True)
    approved_by_id = fields.Many2one("res.users", readonly=True)
    needs_approval = fields.Boolean(compute="_compute_needs_approval")
    reverted_at = fields.Datetime(readonly=True)
    reverted_by_id = fields.Many2one("res.users", readonly=True)
    run_person_ids = fields.One2many("spp.attendance.run.person", "run_id", "Answers of Sources", readonly=True)
    assessment_ids = fields.One2many("spp.attendance.assessment", "run_id", "Group Members", readonly=True)
    changed_count = fields.Integer("Changed Since the Last Run", compute="_compute_counts")
    criteria = fields.Json(readonly=True, help="The requirement as it was when this run decided.")
    criteria_text = fields.Char("Requirement", compute="_compute_criteria_text")
    decision_ids = fields.One2many("spp.attendance.decision", "run_id", "Decisions")
    compliant_count = fields.Integer("Compliant", compute="_compute_counts")
    non_compliant_count = fields.Integer("Not Compliant", compute="_compute_counts")
    unknown_count = fields.Integer("Unknown", compute="_compute_counts")

    @api.model
    def default_get(self, fields):
        """What a new run is like follows from how it is started, never from defaults of a caller or of a user.

        :param fields: names of fields
        :return: dict name -> value
        """
        own = {name: self._fields[name].default for name in super().default_get(fields)}
        return {name: default(self) for name, default in own.items() if default}

    @api.depends("cycle_id.name", "create_date")
    def _compute_name(self):
        for run in self:
            moment = fields.Datetime.context_timestamp(run, run.create_date or fields.Datetime.now())
            run.name = f"{run.cycle_id.name} {moment:%Y-%m-%d %H:%M}"

    @api.depends("criteria")
    @api.depends_context("lang")
    def _compute_criteria_text(self):
        for run in self:
            run.criteria_text = "; ".join(run._criteria_parts()) if run.criteria else False

    def _criteria_parts(self):
        """The requirement in words, a phrase per rule."""
        criteria = self.criteria
        values = {
            "threshold": f"{criteria['threshold']:g}",
            "first": format_date(self.env, criteria["from"]),
            "last": format_date(self.env, criteria["to"]),
        }
        match criteria["measure"]:
            case "percentage":
                text = self.env._("at least %(threshold)s %% of the expected sessions, %(first)s to %(last)s", **values)
            case "days":
                text = self.env._("at least %(threshold)s different days, %(first)s to %(last)s", **values)
            case _:
                text = self.env._("at least %(threshold)s sessions, %(first)s to %(last)s", **values)
        parts = [text]
        match criteria["excused"]:
            case "attended":
                parts.append(self.env._("excused absences count as attended"))
            case "absent":
                parts.append(self.env._("excused absences count as absences"))
        if criteria["prorate"]:
            parts.append(self.env._("in proportion after a late enrolment"))
        if self.cycle_id.sudo().program_id.target_type == "group":
            parts.append(self._group_rule_text())
        return parts

    def _group_rule_text(self):
        criteria = self.criteria
        first, last = criteria["age_from"], criteria["age_to"]
        if first or last:
            who = self.env._("members aged %s", f"{first}-{last}" if last else f"{first}+")
        else:
            who = self.env._("members")
        match criteria["group_rule"]:
            case "any":
                return self.env._("one of the %s is enough", who)
            case "count":
                return self.env._("%(count)s of the %(who)s must attend", count=criteria["group_count"], who=who)
            case "percentage":
                percentage = f"{criteria['group_percentage']:g}"
                return self.env._("%(percentage)s %% of the %(who)s must attend", percentage=percentage, who=who)
            case "roles":
                roles = self.env["spp.vocabulary.code"].browse(criteria["roles"]).exists()
                return self.env._(
                    "all %(who)s who are %(roles)s", who=who, roles=", ".join(roles.mapped("display_name"))
                )
        return self.env._("all %s must attend", who)

    @api.depends("state", "approved_by_id", "cycle_id.program_id.attendance_run_approval")
    def _compute_needs_approval(self):
        for run in self:
            asks = run.cycle_id.program_id.sudo().attendance_run_approval
            run.needs_approval = asks and run.state == "decided" and not run.approved_by_id

    def _compute_counts(self):
        changed = dict(
            self.env["spp.attendance.decision"]._read_group(
                [("run_id", "in", self.ids), ("is_changed", "=", True)], ["run_id"], ["__count"]
            )
        )
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
            run.changed_count = changed.get(run._origin, 0)

    def action_view_decisions(self):
        """Open the decisions of this run.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_attendance_decision")
        return {**action, "domain": [("run_id", "=", self.id)]}
