# Part of the SPP attendance suite. LGPL-3.
"""Before a batch is undone: how many it touched, and the reason why it is taken back."""

from odoo import fields, models


class BeneficiaryStatusUndoWizard(models.TransientModel):
    _name = "spp.beneficiary.status.undo.wizard"
    _description = "Undo Beneficiary Status Batch"
    _own_dialog = True

    batch_id = fields.Many2one("spp.beneficiary.status.batch", required=True, readonly=True, ondelete="cascade")
    change_count = fields.Integer(related="batch_id.change_count")
    reason = fields.Char()

    def action_confirm(self):
        """Undo the batch and show what became of it."""
        self.ensure_one()
        return self.batch_id.undo(self.reason).action_open()
