# Part of the SPP attendance suite. LGPL-3.
"""The log of reminders that a register is missing."""

from odoo import api, fields, models


class SessionReminder(models.Model):
    """Who was told when that a register is missing; written by the system, never changed again."""

    _name = "spp.session.reminder"
    _inherit = ["spp.append.only.mixin"]
    _description = "Register Reminder Sent"
    _order = "id desc"
    _rec_name = "session_id"
    _company_path = "company_id"
    _area_path = "session_id.area_id"
    _area_open = (
        "('session_id.area_id', '=', False)",
        "('session_id.facilitator_id', '=', user.id)",
        "('session_id.co_facilitator_ids', 'in', [user.id])",
    )

    _append_only_except = ("company_id",)
    #: It goes with a session that is deleted, which has no submitted register.
    _append_only_disposable = "NOT EXISTS (SELECT FROM spp_session WHERE id = ($1).session_id)"

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

    @api.model
    def _append_only_message(self, deleting=False):
        if deleting:
            return self.env._("The log of reminders cannot be deleted.")
        return self.env._("The log of reminders cannot be changed.")
