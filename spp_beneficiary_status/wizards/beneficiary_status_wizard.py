# Part of the SPP attendance suite. LGPL-3.
"""Before a status changes: how many of the selected move, have it already, or cannot."""

from odoo import api, fields, models

from ..models.statuses import MOVES, STATUSES


class BeneficiaryStatusWizard(models.TransientModel):
    _name = "spp.beneficiary.status.wizard"
    _description = "Change Beneficiary Status"
    _own_dialog = True

    membership_ids = fields.Many2many(
        "spp.program.membership",
        string="Beneficiaries",
        default=lambda self: self._default_membership_ids(),
    )
    new_status = fields.Selection(STATUSES)
    reason = fields.Char()
    selected_count = fields.Integer(string="Selected", compute="_compute_counts")
    moving_count = fields.Integer(string="Will Change", compute="_compute_counts")
    same_count = fields.Integer(string="Have It Already", compute="_compute_counts")
    stuck_count = fields.Integer(string="Cannot Change", compute="_compute_counts")

    @api.model
    def _default_membership_ids(self):
        if self.env.context.get("active_model") == "spp.program.membership":
            return self.env.context.get("active_ids")
        return False

    @api.depends("membership_ids", "new_status")
    def _compute_counts(self):
        for wizard in self:
            statuses = wizard.membership_ids.mapped("beneficiary_status")
            wizard.selected_count = len(statuses)
            wizard.same_count = statuses.count(wizard.new_status) if wizard.new_status else 0
            wizard.moving_count = sum(wizard.new_status in MOVES[status] for status in statuses)
            other = len(statuses) - wizard.same_count - wizard.moving_count
            wizard.stuck_count = other if wizard.new_status else 0

    def action_confirm(self):
        """Change the statuses and show the batch."""
        self.ensure_one()
        batch = self.membership_ids.change_beneficiary_status(self.new_status, self.reason)
        return batch.action_open() if batch else {"type": "ir.actions.act_window_close"}
