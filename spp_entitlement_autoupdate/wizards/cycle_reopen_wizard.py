# Part of the SPP attendance suite. LGPL-3.
"""Before a cycle is opened again: why, and how much of it the next one has used already."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class CycleReopenWizard(models.TransientModel):
    _name = "spp.cycle.reopen.wizard"
    _description = "Reopen an Ended Cycle"
    _own_dialog = True

    cycle_id = fields.Many2one("spp.cycle", required=True, readonly=True)
    reason = fields.Char(required=True)
    used_count = fields.Integer(string="Carried Over and Approved", compute="_compute_used_count")

    @api.depends("cycle_id")
    def _compute_used_count(self):
        for wizard in self:
            wizard.cycle_id.check_access("read")
            # sudo: transactions of all areas are counted, only their number is told; the cycle was checked
            wizard.used_count = self.env["spp.cycle.reopening"].sudo()._count_used(wizard.cycle_id.sudo())

    def action_reopen(self):
        """Open the cycle again, see `_reopen` of the reopening.

        :return: action that shows the cycle
        :raise AccessError: the user is no programs manager
        :raise UserError: the cycle has not ended, or there is no reason
        """
        self.ensure_one()
        self.cycle_id._check_may_reopen()
        if not self.reason.strip():
            raise UserError(self.env._("Say why the cycle is opened again."))
        # sudo: reopenings are nobody's to create; who may reopen was checked
        self.env["spp.cycle.reopening"].sudo()._reopen(self.cycle_id.sudo(), self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
