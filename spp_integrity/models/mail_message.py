# Part of the SPP attendance suite. LGPL-3.
"""The trace in the chatter of traced models is kept: nobody edits or deletes it."""

from odoo import api, models
from odoo.exceptions import AccessError


class MailMessage(models.Model):
    _inherit = "mail.message"

    def write(self, vals):
        self._check_traces_stay()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_traces(self):
        self._check_traces_stay()

    def _check_traces_stay(self):
        """Refuse to touch messages that tell of changes of traced records.

        :raise AccessError: one of them does, and this is not the system
        """
        if self.env.su or not self:
            return
        registry = self.env.registry
        # sudo: whether values were tracked is not a question of who may see them
        tracking = self.sudo().filtered("tracking_value_ids")
        if any(name in registry and registry[name]._traced for name in tracking.mapped("model")):
            raise AccessError(self.env._("What has changed stays on record: write a new message instead."))
