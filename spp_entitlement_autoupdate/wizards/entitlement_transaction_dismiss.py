# Part of the SPP attendance suite. LGPL-3.
"""Refused transactions are dismissed with a reason, several at once."""

from odoo import fields, models


class EntitlementTransactionDismiss(models.TransientModel):
    """Asks for the reason why refused transactions are not booked."""

    _name = "spp.entitlement.transaction.dismiss"
    _description = "Dismiss Refused Transactions"
    _own_dialog = True

    review_ids = fields.Many2many(
        "spp.entitlement.transaction.review",
        "spp_transaction_dismiss_review_rel",
        "dismiss_id",
        "review_id",
        string="Transactions",
        required=True,
    )
    reason = fields.Char(required=True)

    def action_confirm(self):
        """Dismiss the transactions with the reason; see `action_dismiss` of the review list."""
        self.ensure_one()
        self.review_ids.action_dismiss(self.reason)
        return {"type": "ir.actions.act_window_close"}
