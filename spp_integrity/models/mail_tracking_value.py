# Part of the SPP attendance suite. LGPL-3.
"""Tracked values of traced models are written by the system, and stay."""

from odoo import api, models


class MailTrackingValue(models.Model):
    _inherit = "mail.tracking.value"

    @api.model_create_multi
    def create(self, vals_list):
        values = super().create(vals_list)
        values.mail_message_id._check_traces_stay()
        return values

    def write(self, vals):
        self.mail_message_id._check_traces_stay()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_traces(self):
        self.mail_message_id._check_traces_stay()
