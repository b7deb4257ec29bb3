# Part of the SPP attendance suite. LGPL-3.
"""Who has no decision is pointed out before entitlements are prepared for the others."""

from odoo import api, fields, models
from odoo.fields import Domain


class AttendanceUnknownConfirm(models.TransientModel):
    """Asked before entitlements are prepared while it is not known of some members whether they comply."""

    _name = "spp.attendance.unknown.confirm"
    _description = "Prepare Entitlements While Some Are Unknown"
    _own_dialog = True

    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True, ondelete="cascade")
    decided_count = fields.Integer(compute="_compute_counts")
    undecided_count = fields.Integer(compute="_compute_counts")

    @api.depends("cycle_id")
    def _compute_counts(self):
        for wizard in self:
            cycle = wizard.cycle_id
            wizard.undecided_count = cycle._attendance_undecided_count()
            wizard.decided_count = cycle.members_count - wizard.undecided_count

    def action_view_undecided(self):
        """Open the enrolled members of whom nothing was decided.

        :return: window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_programs.action_cycle_membership")
        compliant = Domain("attendance_decision_id.result", "=", "compliant")
        enrolled = Domain("cycle_id", "=", self.cycle_id.id) & Domain("state", "=", "enrolled")
        enrolled &= Domain("attendance_exclusion_ids", "=", False)
        return {**action, "domain": list(enrolled & ~compliant), "context": {}}

    def action_settle(self):
        """Open the unknown decisions in force, where a manager exempts members or leaves them out.

        :return: window action (dict)
        """
        self.ensure_one()
        action = self.cycle_id._applied_attendance_run().with_env(self.env).action_view_decisions()
        return {**action, "context": {**action["context"], "search_default_open_unknown": 1}}

    def action_prepare(self):
        """Prepare the entitlements of those who were found compliant; the others get theirs once they are."""
        self.ensure_one()
        return self.cycle_id.prepare_entitlement()
