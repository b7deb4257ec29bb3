# Part of the SPP attendance suite. LGPL-3.
"""The log of reminders that a register is missing."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class SessionReminder(models.Model):
    """Who was told when that a register is missing; written by the system, never changed again."""

    _name = "spp.session.reminder"
    _description = "Register Reminder Sent"
    _order = "id desc"
    _rec_name = "session_id"

    session_id = fields.Many2one("spp.session", required=True, ondelete="cascade", index=True, readonly=True)
    recipient = fields.Selection(
        [("facilitator", "Facilitator"), ("manager", "Manager"), ("branch_head", "Branch Head")],
        required=True,
        readonly=True,
    )
    hours = fields.Float(
        "Step (Hours After the End)", readonly=True, help="The step of the policy; none when a person sent it."
    )
    is_manual = fields.Boolean("Sent by a Person", readonly=True)
    user_ids = fields.Many2many("res.users", string="Told", readonly=True)
    sent_by_id = fields.Many2one("res.users", readonly=True)
    sent_at = fields.Datetime(required=True, readonly=True)
    company_id = fields.Many2one(related="session_id.company_id", store=True)

    _one_per_step = models.UniqueIndex(
        "(session_id, recipient, hours) WHERE NOT is_manual", "This reminder was sent already."
    )

    def write(self, vals):
        self.check_access("write")
        if vals:
            raise UserError(self.env._("The log of reminders cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The log of reminders cannot be deleted."))
