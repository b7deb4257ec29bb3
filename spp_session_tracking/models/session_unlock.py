# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models


class SessionUnlock(models.Model):
    """A locked register that a manager opened for some hours; every change made meanwhile refers to it."""

    _name = "spp.session.unlock"
    _description = "Register Unlock"
    _order = "id desc"
    _rec_name = "session_id"

    session_id = fields.Many2one("spp.session", required=True, ondelete="cascade", index=True, readonly=True)
    state = fields.Selection(
        [("requested", "Requested"), ("granted", "Granted"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="requested",
    )
    requested_by_id = fields.Many2one("res.users", readonly=True, default=lambda self: self.env.uid)
    request_reason = fields.Char(readonly=True)
    granted_by_id = fields.Many2one("res.users", "Decided By", readonly=True)
    granted_at = fields.Datetime("Decided At", readonly=True)
    grant_reason = fields.Char("Reason of the Decision", readonly=True)
    expires_at = fields.Datetime(readonly=True)
    change_ids = fields.One2many("spp.session.attendance.change", "unlock_id", "Changes Made", readonly=True)
    company_id = fields.Many2one(related="session_id.company_id", store=True)
