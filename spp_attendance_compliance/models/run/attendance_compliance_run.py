# Part of the SPP attendance suite. LGPL-3.
"""A run and what it says of itself: its requirement in words, its results in numbers, who approved and applied it."""

from collections import Counter, defaultdict

from odoo import api, fields, models
from odoo.tools import format_date

from odoo.addons.spp_integrity.clock import database_now


class AttendanceComplianceRun(models.Model):
    """One assessment of a cycle: a dry run that writes decisions, which a manager (or the cron) then applies."""

    _name = "spp.attendance.compliance.run"
    _description = "Attendance Compliance Run"
    _order = "id desc"
    _company_path = "company_id"

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
    summary = fields.Json(compute="_compute_counts", help="Results, their reasons and what changed, with their counts.")
    can_approve = fields.Boolean(compute="_compute_can_approve")

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
            moment = fields.Datetime.context_timestamp(run, run.create_date or database_now(self.env))
            run.name = f"{run.cycle_id.name} {moment:%Y-%m-%d %H:%M}"

    @api.depends("criteria")
    @api.depends_context("lang")
    def _compute_criteria_text(self):
        for run in self:
            # sudo: whom a program is for is no secret to who reads its runs
            target = run.cycle_id.sudo().program_id.target_type
            run.criteria_text = run.criteria and self._criteria_in_words(run.criteria, target)

    @api.model
    def _criteria_in_words(self, criteria, target):
        """A requirement as one phrase.

        :param criteria: dict as `spp.cycle._attendance_criteria` makes it
        :param target: "individual" or "group", whom the program is for
        """
        values = {
            "threshold": f"{criteria['threshold']:g}",
            "first": format_date(self.env, criteria["from"]),
            "last": format_date(self.env, criteria["to"]),
        }
        match criteria["measure"]:
            case "percentage":
                text = self.env._("at least %(threshold)s %% of the expected sessions, %(first)s to %(last)s", **values)
            case "days" if criteria["threshold"] == 1:
                text = self.env._("at least one day, %(first)s to %(last)s", **values)
            case "days":
                text = self.env._("at least %(threshold)s different days, %(first)s to %(last)s", **values)
            case _ if criteria["threshold"] == 1:
                text = self.env._("at least one session, %(first)s to %(last)s", **values)
            case _:
                text = self.env._("at least %(threshold)s sessions, %(first)s to %(last)s", **values)
        parts = [text, *self._scope_in_words(criteria)]
        match criteria["excused"]:
            case "attended":
                parts.append(self.env._("excused absences count as attended"))
            case "absent":
                parts.append(self.env._("excused absences count as absences"))
        if criteria["prorate"]:
            parts.append(self.env._("in proportion after a late enrolment"))
        if target == "group":
            parts.append(self._group_rule_in_words(criteria))
        return "; ".join(parts)

    @api.model
    def _scope_in_words(self, criteria):
        """Of which types, at which places and from which sources attendance counts; nothing where all do."""
        # sudo: the names of what a run that the user may read has counted
        types, locations, sources = (
            ", ".join(self.env[model].sudo().browse(criteria[key]).exists().mapped("name"))
            for key, model in (
                ("types", "spp.event.attendance.type"),
                ("locations", "spp.event.attendance.location"),
                ("sources", "spp.attendance.source"),
            )
        )
        parts = []
        if types:
            parts.append(self.env._("only %s", types))
        if locations:
            parts.append(self.env._("at %s", locations))
        if sources:
            parts.append(self.env._("as recorded by %s", sources))
        return parts

    @api.model
    def _group_rule_in_words(self, criteria):
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
            # sudo: whether a program asks for two people binds whoever applies
            asks = run.cycle_id.program_id.sudo().attendance_run_approval
            run.needs_approval = asks and run.state == "decided" and not run.approved_by_id

    @api.depends("needs_approval", "user_id")
    @api.depends_context("uid")
    def _compute_can_approve(self):
        """Whoever started a run does not approve it; whether the user is a manager at all is asked when it happens."""
        for run in self:
            run.can_approve = run.needs_approval and run.user_id != self.env.user

    @api.depends_context("lang", "uid")
    def _compute_counts(self):
        counts = defaultdict(Counter)
        for run, *found, count in self.env["spp.attendance.decision"]._read_group(
            [("run_id", "in", self.ids)], ["run_id", "result", "reason", "last_result", "is_changed"], ["__count"]
        ):
            counts[run.id][tuple(found)] = count
        left_out = self._left_out_counts()
        for run in self:
            run_counts = counts[run._origin.id]
            results = Counter()
            for (result, *_), count in run_counts.items():
                results[result] += count
            run.compliant_count = results["compliant"]
            run.non_compliant_count = results["non_compliant"]
            run.unknown_count = results["unknown"]
            run.changed_count = sum(count for (*_, is_changed), count in run_counts.items() if is_changed)
            run.summary = {
                "results": self._summary_of_results(run_counts, results, left_out.get(run._origin.id, 0)),
                "changes": self._summary_of_changes(run_counts),
            }

    @api.model
    def _summary_of_results(self, counts, results, left_out):
        """Each result with its count and the reasons for it, the most frequent first."""
        decision = self.env["spp.attendance.decision"]
        labels = dict(decision._fields["reason"]._description_selection(self.env))
        reasons = defaultdict(Counter)
        for (result, reason, *_), count in counts.items():
            reasons[result][reason] += count
        return [
            {
                "result": result,
                "label": label,
                "count": results[result],
                "reasons": [
                    {"reason": reason, "label": labels[reason], "count": count}
                    for reason, count in reasons[result].most_common()
                ],
                "left_out": left_out if result == "unknown" else 0,
            }
            for result, label in decision._fields["result"]._description_selection(self.env)
        ]

    @api.model
    def _summary_of_changes(self, counts):
        """Who became compliant and who no longer is, against the last run; None without one."""
        changes = Counter()
        compared = False
        for (result, _reason, last_result, is_changed), count in counts.items():
            compared |= bool(last_result)
            if is_changed:
                changes["gained" if result == "compliant" else "lost" if last_result == "compliant" else "other"] += (
                    count
                )
        return {name: changes[name] for name in ("gained", "lost", "other")} if compared else None

    def _left_out_counts(self):
        """How many unknown members a manager left out with a reason.

        :return: dict run id -> number
        """
        # sudo: people of all areas are counted, only their number is told
        exclusions_sudo = self.env["spp.attendance.exclusion"].sudo().search([("cycle_id", "in", self.cycle_id.ids)])
        if not exclusions_sudo:
            return {}
        return {
            run.id: count
            for run, count in self.env["spp.attendance.decision"]._read_group(
                [
                    ("run_id", "in", self.ids),
                    ("result", "=", "unknown"),
                    ("membership_id", "in", exclusions_sudo.membership_id.ids),
                ],
                ["run_id"],
                ["__count"],
            )
        }

    def action_view_decisions(self):
        """Open the decisions of this run.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_attendance_decision")
        return {**action, "domain": [("run_id", "=", self.id)], "context": {"hide_run": True}}

    def action_view_areas(self):
        """Open the results of this run by area, as a graph.

        :return: window action (dict).
        """
        action = self.action_view_decisions()
        graph_first = sorted(action["views"], key=lambda view: view[1] != "graph")
        return {**action, "views": graph_first, "view_mode": ",".join(kind for _view, kind in graph_first)}
