# Part of the SPP attendance suite. LGPL-3.
"""Who passed, with which figures, for which reason and after which state: the row that money rests on."""

from odoo import api, fields, models
from odoo.exceptions import AccessError

from .attendance_assessment import REASONS


class AttendanceDecision(models.Model):
    """What a run decided about one membership, and why. Written once, never changed.

    Of which registrant and company it is, and who made it, is what the membership and the run say: a run writes one row per
    member, and PostgreSQL would look up each further reference of each row.
    """

    _name = "spp.attendance.decision"
    _description = "Attendance Decision"
    _inherit = ["spp.attendance.explanation.mixin", "spp.append.only.mixin"]
    _order = "run_id desc, id"
    _rec_name = "partner_id"

    #: What applying the decision replaces is written down when it is applied.
    _append_only_except = ("previous_state", "previous_number", "previous_decision_id")
    #: A dry run that nobody applied decided nothing: it goes with its membership.
    _append_only_disposable = """NOT EXISTS (
        SELECT FROM spp_attendance_compliance_run run
         WHERE run.id = ($1).run_id AND run.state IN ('applied', 'reverted'))"""
    _log_access = False
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    run_id = fields.Many2one(
        "spp.attendance.compliance.run", required=True, readonly=True, ondelete="restrict", index=True
    )
    membership_id = fields.Many2one(
        "spp.cycle.membership", "Cycle Membership", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(related="membership_id.partner_id", string="Registrant")
    company_id = fields.Many2one(related="run_id.company_id")
    create_date = fields.Datetime("Decided On", readonly=True, default=lambda self: self.env.cr.now())
    previous_state = fields.Selection(
        lambda self: self.env["spp.cycle.membership"]._fields["state"]._description_selection(self.env),
        "State Before",
        readonly=True,
    )
    previous_number = fields.Float(digits=(8, 2), readonly=True)
    previous_decision_id = fields.Many2one(
        "spp.attendance.decision", readonly=True, ondelete="set null", index="btree_not_null"
    )
    last_result = fields.Selection(
        lambda self: self._fields["result"]._description_selection(self.env), "Result of the Last Run", readonly=True
    )
    is_changed = fields.Boolean("Changed Since the Last Run", readonly=True)
    counted = fields.Float(digits=(8, 2), readonly=True)
    expected = fields.Integer(readonly=True)
    required = fields.Float(digits=(8, 2), readonly=True)
    result = fields.Selection(
        [("compliant", "Compliant"), ("non_compliant", "Not Compliant"), ("unknown", "Unknown")],
        required=True,
        readonly=True,
    )
    reason = fields.Selection(
        [
            *REASONS,
            ("nobody_assessed", "Nobody in the group is assessed"),
            ("members_unknown", "Too little is known of the members"),
            ("other_criteria", "Another criterion of the program is not met"),
            ("other_criteria_met", "Another criterion of the program is met"),
        ],
        required=True,
        readonly=True,
    )
    evidence_hash = fields.Char(readonly=True, help="SHA-256 of what was counted; equal evidence has equal hashes.")
    criteria_text = fields.Char(related="run_id.criteria_text")
    run_state = fields.Selection(related="run_id.state", string="State of the Run")
    assessment_ids = fields.One2many("spp.attendance.assessment", "decision_id", "Members of the Group", readonly=True)
    dispute_ids = fields.One2many("spp.attendance.dispute", "decision_id", "Disputes")
    area_id = fields.Many2one(related="partner_id.area_id")
    is_left_out = fields.Boolean(compute="_compute_exclusion", compute_sudo=True)
    exclusion_reason = fields.Char("Left Out Because", compute="_compute_exclusion", compute_sudo=True)

    @api.depends("membership_id.attendance_exclusion_ids.reason", "result")
    def _compute_exclusion(self):
        for decision in self:
            exclusion = decision.membership_id.attendance_exclusion_ids[:1]
            decision.is_left_out = bool(exclusion) and decision.result == "unknown"
            decision.exclusion_reason = decision.is_left_out and exclusion.reason

    def _explain(self, reasons):
        """Groups are explained by their members."""
        # sudo: whom a program is for is no secret to who reads its decisions
        if self.reason in ("met", "below") and self.run_id.cycle_id.sudo().program_id.target_type == "group":
            return self._with_required(self._passing_phrase())
        return super()._explain(reasons)

    def _passing_phrase(self):
        """How many members of the group pass."""
        if self.expected == 1:
            if self.counted:
                return self.env._("The only member who is assessed passes")
            return self.env._("The only member who is assessed does not pass")
        values = {"counted": f"{self.counted:g}", "expected": self.expected}
        if self.counted == 1:
            return self.env._("%(counted)s of %(expected)s members passes", **values)
        return self.env._("%(counted)s of %(expected)s members pass", **values)

    def _proof_lines(self):
        """A decision about a group follows from what was found of its members."""
        # sudo: whom a program is for is no secret to who reads its decisions
        if self.run_id.cycle_id.sudo().program_id.target_type == "group":
            return self.assessment_ids
        return super()._proof_lines()

    def action_view_events(self):
        """Open every attendance event that this decision counted or did not count.

        :return: window action (dict).
        """
        self.ensure_one()
        return self._open_events(self.partner_id | self.assessment_ids.partner_id)

    def action_resolve_unknown(self):
        """Open the dialog that exempts or leaves out those of these members about whom something is unknown.

        :return: window action (dict)
        :raise AccessError: for anybody but a programs manager
        :raise UserError: when none of them is unknown, or they are of several runs
        """
        return self.env["spp.attendance.unknown.resolve"]._open_for(self)

    def action_view_registrant(self):
        """Open the person or group, to add what is missing there.

        :return: window action (dict)
        """
        self.ensure_one()
        self.check_access("read")
        return self.partner_id.get_formview_action()

    def action_dispute(self):
        """Open the form on which an objection to this decision is written down, or the one that is open.

        :return: window action (dict)
        """
        self.ensure_one()
        open_dispute = self.env["spp.attendance.dispute"].search(
            [
                ("state", "=", "open"),
                ("partner_id", "=", self.partner_id.id),
                ("cycle_id", "=", self.run_id.cycle_id.id),
            ]
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Dispute"),
            "res_model": "spp.attendance.dispute",
            "res_id": open_dispute.id,
            "view_mode": "form",
            "context": {"default_decision_id": self.id},
        }

    def action_print_letter(self):
        """Print what the family is told: the requirement, each session, the result, how to object.

        :return: report action (dict)
        :raise AccessError: for anybody below programs officer
        """
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers print letters about attendance: ask one to do it."))
        self.check_access("read")
        return self.env.ref("spp_attendance_compliance.action_report_attendance_letter").report_action(self)
