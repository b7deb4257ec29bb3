# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models

from .attendance_assessment import REASONS


class AttendanceDecision(models.Model):
    """What a run decided about one membership, and why. Written once, never changed."""

    _name = "spp.attendance.decision"
    _description = "Attendance Decision"
    _order = "run_id desc, id"
    _rec_name = "partner_id"

    run_id = fields.Many2one(
        "spp.attendance.compliance.run", required=True, readonly=True, ondelete="cascade", index=True
    )
    membership_id = fields.Many2one(
        "spp.cycle.membership", "Cycle Membership", readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one("res.partner", "Registrant", readonly=True, ondelete="restrict", index=True)
    company_id = fields.Many2one("res.company", readonly=True)
    previous_state = fields.Char(readonly=True)
    previous_number = fields.Float(digits=(8, 2), readonly=True)
    previous_decision_id = fields.Many2one(
        "spp.attendance.decision", readonly=True, ondelete="set null", index="btree_not_null"
    )
    last_result = fields.Char("Result of the Last Run", readonly=True)
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
    explanation = fields.Char(compute="_compute_explanation")

    @api.depends("reason", "counted", "expected", "required", "run_id.criteria")
    def _compute_explanation(self):
        reasons = dict(self._fields["reason"]._description_selection(self.env))
        for decision in self:
            decision.explanation = decision._explain(reasons)

    def _explain(self, reasons):
        """The decision in one sentence, with its numbers."""
        criteria = self.run_id.criteria or {}
        values = {
            "counted": f"{self.counted:g}",
            "expected": self.expected,
            "required": f"{self.required:g}",
            "percent": f"{100 * self.counted / self.expected:.2f}" if self.expected else "",
            "threshold": f"{criteria.get('threshold', 0):g}",
        }
        match self.reason:
            case "nothing_expected":
                return self.env._("No submitted session expected this person, so nothing is known: check the roster.")
            case "met" | "below" if self.run_id.cycle_id.program_id.target_type == "group":
                return self.env._("%(counted)s of %(expected)s members pass; %(required)s are required.", **values)
            case "met" | "below" if criteria.get("measure") == "percentage":
                return self.env._(
                    "Attended %(counted)s of %(expected)s sessions (%(percent)s %%); %(threshold)s %% are required.",
                    **values,
                )
            case "met" | "below" if criteria.get("measure") == "days":
                return self.env._("Attended on %(counted)s different days; %(required)s are required.", **values)
            case "met" | "below":
                return self.env._("Attended %(counted)s sessions; %(required)s are required.", **values)
        return self.env._("%s.", reasons[self.reason])

    def action_view_events(self):
        """Open every attendance event that this decision counted or did not count.

        :return: window action (dict).
        """
        self.ensure_one()
        criteria = self.run_id.criteria
        domain = [
            ("partner_id", "=", self.partner_id.id),
            ("attendance_date", ">=", criteria["from"]),
            ("attendance_date", "<=", criteria["to"]),
        ]
        if criteria["types"]:
            domain.append(("type_id", "in", criteria["types"]))
        if criteria["locations"]:
            domain.append(("location_id", "in", criteria["locations"]))
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_event_attendance")
        return {**action, "domain": domain}
