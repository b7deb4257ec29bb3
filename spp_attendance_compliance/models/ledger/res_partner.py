# Part of the SPP attendance suite. LGPL-3.
"""The page of a registrant shows what was decided from attendance, cycle by cycle, and which disputes there are."""

from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    attendance_decision_count = fields.Integer(compute="_compute_attendance_decision_count")
    attendance_standing_ids = fields.Many2many(
        "spp.attendance.decision", string="Attendance", compute="_compute_attendance_standing_ids"
    )
    attendance_member_standing_ids = fields.Many2many(
        "spp.attendance.assessment", string="Attendance in Groups", compute="_compute_attendance_standing_ids"
    )
    attendance_assessment_count = fields.Integer(compute="_compute_attendance_decision_count")
    attendance_dispute_count = fields.Integer(compute="_compute_attendance_dispute_count")
    attendance_justified_count = fields.Integer(
        compute="_compute_attendance_dispute_count", help="Justified disputes that are still to be made good."
    )

    def _compute_attendance_decision_count(self):
        """Decisions in force, and what was found about the person as a member of groups."""
        decisions, assessments = (
            dict(
                self.env[model]._read_group(
                    [("partner_id", "in", self.ids), ("run_id.state", "=", "applied")], ["partner_id"], ["__count"]
                )
            )
            for model in ("spp.attendance.decision", "spp.attendance.assessment")
        )
        for partner in self:
            partner.attendance_decision_count = decisions.get(partner._origin, 0)
            partner.attendance_assessment_count = assessments.get(partner._origin, 0)

    def _compute_attendance_standing_ids(self):
        """The decision in force of each cycle, newest first, and what it found about the person as a member of a group."""
        of_partners = [("partner_id", "in", self.ids), ("run_id.state", "=", "applied")]
        decisions = self.env["spp.attendance.decision"].search(of_partners)
        assessments = self.env["spp.attendance.assessment"].search(of_partners)
        # sudo: which decision is in force does not depend on who asks; only those that the user may read are shown
        in_force_ids = set(
            (decisions.sudo().membership_id | assessments.sudo().membership_id).attendance_decision_id.ids
        )
        # sudo: which decision is in force does not depend on who asks; only those that the user may read are shown
        in_force_run = {
            (decision.run_id.id, decision.membership_id.id)
            for decision in self.env["spp.attendance.decision"].sudo().browse(in_force_ids)
        }
        decisions = decisions.filtered(lambda line: line.id in in_force_ids)
        assessments = assessments.filtered(lambda line: (line.run_id.id, line.membership_id.id) in in_force_run)
        for partner in self:
            partner.attendance_standing_ids = decisions.filtered(
                lambda line, partner=partner: line.partner_id == partner._origin
            )
            partner.attendance_member_standing_ids = assessments.filtered(
                lambda line, partner=partner: line.partner_id == partner._origin
            )

    def _compute_attendance_dispute_count(self):
        """All disputes about the registrant, and the justified ones that are to be made good. One query."""
        disputes = self.env["spp.attendance.dispute"]
        everything, justified = {}, {}
        if disputes.has_access("read"):
            for partner, state, made_good, count in disputes._read_group(
                [("partner_id", "in", self.ids)], ["partner_id", "state", "made_good_on:day"], ["__count"]
            ):
                everything[partner] = everything.get(partner, 0) + count
                if state == "justified" and not made_good:
                    justified[partner] = count
        for partner in self:
            partner.attendance_dispute_count = everything.get(partner._origin, 0)
            partner.attendance_justified_count = justified.get(partner._origin, 0)

    def action_view_attendance_disputes(self):
        """Open the disputes about decisions on the registrant, open and answered ones.

        :return: window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_attendance_dispute")
        return {**action, "domain": [("partner_id", "=", self.id)], "context": {}}

    def action_view_attendance_decisions(self):
        """Open what applied runs decided about the registrant, and why.

        :return: window action (dict)
        """
        return self._open_attendance_findings("action_attendance_decision")

    def action_view_attendance_assessments(self):
        """Open what applied runs found about the person as a member of groups.

        :return: window action (dict)
        """
        return self._open_attendance_findings("action_attendance_assessment")

    def _open_attendance_findings(self, action_name):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(f"spp_attendance_compliance.{action_name}")
        return {**action, "domain": [("partner_id", "=", self.id), ("run_id.state", "=", "applied")], "context": {}}
