# Part of the SPP attendance suite. LGPL-3.
"""Changes of tracked fields leave their trace on traced models, whatever a caller's context says."""

from odoo import models

#: With these keys in the context Odoo writes no tracking values; any client can send them.
_MUTING = ("tracking_disable", "mail_notrack")


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def write(self, vals):
        return super(MailThread, self._audible()).write(vals)

    def _compute_field_value(self, field):
        return super(MailThread, self._audible())._compute_field_value(field)

    def _audible(self):
        """The same records, without what would keep quiet about a change of traced ones."""
        if not self._traced or not any(self.env.context.get(key) for key in _MUTING):
            return self
        context = {key: value for key, value in self.env.context.items() if key not in _MUTING}
        return self.with_env(self.env(context=context))
