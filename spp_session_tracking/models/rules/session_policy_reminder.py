# Part of the SPP attendance suite. LGPL-3.
"""The steps in which a policy reminds of missing registers."""

from odoo import fields, models


class SessionPolicyReminder(models.Model):
    """When somebody is told that a register is still missing."""

    _name = "spp.session.policy.reminder"
    _description = "Register Reminder"
    _order = "policy_id, hours, id"
    _rec_name = "recipient"
    _company_path = "policy_id.company_id"

    policy_id = fields.Many2one("spp.session.policy", required=True, ondelete="cascade", index=True)
    hours = fields.Float("Hours After the End", required=True, default=2.0)
    recipient = fields.Selection(
        [("facilitator", "Facilitator"), ("manager", "Manager"), ("branch_head", "Branch Head")],
        required=True,
        default="facilitator",
        help="Facilitator: with the co-facilitators. Manager: the roster's, else all session managers. "
        "Branch head: that of the nearest area, else the manager.",
    )

    _hours_not_negative = models.Constraint("CHECK (hours >= 0)", "A reminder cannot come before the session's end.")
    _one_per_step = models.UniqueIndex(
        "(policy_id, recipient, hours)", "This policy already reminds the same people at that time."
    )
