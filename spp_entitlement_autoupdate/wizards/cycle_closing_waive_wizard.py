# Part of the SPP attendance suite. LGPL-3.
"""Exceptions are waived several at once, and never without a reason."""

from odoo import fields, models


class CycleClosingWaiveWizard(models.TransientModel):
    _name = "spp.cycle.closing.waive.wizard"
    _description = "Waive Exceptions of the End of a Cycle"
    _own_dialog = True

    exception_ids = fields.Many2many("spp.cycle.closing.exception", string="Exceptions", readonly=True)
    reason = fields.Char(required=True)

    def action_waive(self):
        """Waive the exceptions, see `waive` of the exception.

        :raise AccessError: the user is no programs manager
        :raise UserError: there is no reason
        """
        self.ensure_one()
        self.exception_ids.waive(self.reason)
        return {"type": "ir.actions.act_window_close"}
