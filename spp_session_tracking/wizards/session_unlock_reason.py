# Part of the SPP attendance suite. LGPL-3.
"""One window for two roles: managers unlock registers with a reason, facilitators ask them to."""

from odoo import api, fields, models
from odoo.fields import Command


class SessionUnlockReason(models.TransientModel):
    """Asks why locked registers have to change: a manager unlocks them with it, a facilitator asks for it."""

    _name = "spp.session.unlock.reason"
    _description = "Reason to Unlock"
    _own_dialog = True

    session_ids = fields.Many2many("spp.session", string="Registers", required=True, readonly=True)
    is_request = fields.Boolean(compute="_compute_is_request")
    hours = fields.Float("Open for (Hours)", help="0: what the policy of each session offers.")
    reason = fields.Char("Why", required=True)

    @api.model
    def default_get(self, fields_list):
        values = super().default_get(fields_list)
        sessions = self.env["spp.session"]
        if self.env.context.get("active_model") == sessions._name:
            sessions = sessions.browse(self.env.context.get("active_ids"))
        if "session_ids" in fields_list:
            values["session_ids"] = [Command.set(sessions.ids)]
        if "hours" in fields_list:
            values["hours"] = sessions.applied_policy_id[:1].unlock_hours
        return values

    @api.depends_context("uid")
    def _compute_is_request(self):
        self.is_request = not self.env.user.has_group("spp_session_tracking.group_session_manager")

    def action_confirm(self):
        """Unlock the registers, or ask the managers for it; the sessions check who may do what.

        :raise UserError: see `action_unlock` and `action_request_unlock` of the sessions
        """
        self.ensure_one()
        if self.is_request:
            for session in self.session_ids:
                session.action_request_unlock(self.reason)
        else:
            self.session_ids.action_unlock(self.hours or None, self.reason)
        return {"type": "ir.actions.act_window_close"}
