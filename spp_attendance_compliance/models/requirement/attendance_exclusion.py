# Part of the SPP attendance suite. LGPL-3.
"""Members of whom nothing is known are left out with a reason until a run knows more."""

from odoo import fields, models


class AttendanceExclusion(models.Model):
    """A member whom a manager leaves out of a cycle's attendance decision while nothing is known, with the reason.

    The membership stays as it is and gets no entitlement by attendance. Once a later run knows more, its decision counts.
    """

    _name = "spp.attendance.exclusion"
    _description = "Member Left Out of Attendance"
    _order = "id desc"
    _rec_name = "partner_id"
    _inherit = ["spp.guarded.fields.mixin"]
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    #: A reason once given stays: archive it to take the member in again.
    _system_fields = ("user_id", "partner_id", "cycle_id", "company_id")
    _fixed_fields = ("membership_id", "reason")

    membership_id = fields.Many2one(
        "spp.cycle.membership", "Cycle Membership", required=True, readonly=True, ondelete="cascade", index=True
    )
    partner_id = fields.Many2one(related="membership_id.partner_id", store=True, index=True, string="Registrant")
    cycle_id = fields.Many2one(related="membership_id.cycle_id", store=True, index=True)
    company_id = fields.Many2one(related="cycle_id.company_id", store=True)
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Decided By", readonly=True, default=lambda self: self.env.uid)
    active = fields.Boolean(default=True)

    _once = models.UniqueIndex("(membership_id) WHERE active", "This member is left out already.")

    def _settled_message(self, names):
        return self.env._("Why a member was left out is not changed: archive it and decide again.")
