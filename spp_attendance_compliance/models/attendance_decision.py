# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models


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
            ("met", "Requirement met"),
            ("below", "Below the requirement"),
            ("nothing_expected", "Nothing was expected of the person"),
        ],
        required=True,
        readonly=True,
    )
    explanation = fields.Char(compute="_compute_explanation")

    @api.depends("reason", "counted", "expected", "required", "run_id.criteria")
    def _compute_explanation(self):
        for decision in self:
            values = {
                "counted": f"{decision.counted:g}",
                "expected": decision.expected,
                "required": f"{decision.required:g}",
                "percent": f"{100 * decision.counted / decision.expected:.2f}" if decision.expected else "",
                "threshold": f"{(decision.run_id.criteria or {}).get('threshold', 0):g}",
            }
            measure = (decision.run_id.criteria or {}).get("measure")
            if decision.reason == "nothing_expected":
                text = self.env._("No submitted session expected this person, so nothing is known: check the roster.")
            elif measure == "percentage":
                text = self.env._(
                    "Attended %(counted)s of %(expected)s sessions (%(percent)s %%); %(threshold)s %% are required.",
                    **values,
                )
            elif measure == "days":
                text = self.env._("Attended on %(counted)s different days; %(required)s are required.", **values)
            else:
                text = self.env._("Attended %(counted)s sessions; %(required)s are required.", **values)
            decision.explanation = text

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
