# Part of the SPP attendance suite. LGPL-3.
"""The trace in the chatter of traced models is kept: nobody forges, edits or deletes it."""

from odoo import api, models
from odoo.exceptions import AccessError

#: What a message says of itself that only the system may say.
_OF_THE_SYSTEM = frozenset({"author_id", "email_from", "date", "tracking_value_ids", "create_uid", "create_date"})


class MailMessage(models.Model):
    _inherit = "mail.message"

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            self._check_own_words(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_traces_stay()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_traces(self):
        self._check_traces_stay()

    @api.model
    def _check_own_words(self, vals_list):
        """Refuse messages about traced records that claim to be somebody else's or of another time.

        :param vals_list: list of dicts of values
        :raise AccessError: one of them does, and this is not the system
        """
        for vals in vals_list:
            model = vals.get("model") or self.env.context.get("default_model")
            if not self._is_traced(model):
                continue
            claimed = {name: vals[name] for name in _OF_THE_SYSTEM & vals.keys() if vals[name]}
            if claimed.pop("author_id", self.env.user.partner_id.id) != self.env.user.partner_id.id or not (
                claimed.keys() <= {"email_from"}
            ):
                raise AccessError(self.env._("A message is written by who writes it, now: send it without these."))

    def _check_traces_stay(self):
        """Refuse to touch what was noted about traced records, and comments of others.

        :raise AccessError: one of these messages is, and this is not the system
        """
        if self.env.su or not self:
            return
        # sudo: whose message it is, is not a question of who may see it
        for message in self.sudo():
            is_own_comment = message.message_type == "comment" and message.author_id == self.env.user.partner_id
            if self._is_traced(message.model) and (message.tracking_value_ids or not is_own_comment):
                raise AccessError(self.env._("What has changed stays on record: write a new message instead."))

    @api.model
    def _is_traced(self, model):
        return bool(model) and model in self.env.registry and self.env.registry[model]._traced
