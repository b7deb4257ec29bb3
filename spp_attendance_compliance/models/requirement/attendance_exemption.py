# Part of the SPP attendance suite. LGPL-3.
"""Who passes without attendance: exemptions that managers grant, for one program or for all."""

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class AttendanceExemption(models.Model):
    """A person or group of whom no attendance is asked for a while, with the reason and who decided it."""

    _name = "spp.attendance.exemption"
    _description = "Attendance Exemption"
    _inherit = ["mail.thread", "spp.guarded.fields.mixin"]
    _order = "date_from desc, id desc"
    _rec_name = "partner_id"
    _company_path = "company_id"
    _company_shared = False
    _area_path = "partner_id.area_id"

    _system_fields = ("user_id",)
    _fixed_fields = ("company_id",)

    partner_id = fields.Many2one(
        "res.partner",
        "Person or Group",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("is_registrant", "=", True)],
        tracking=True,
    )
    program_id = fields.Many2one(
        "spp.program", ondelete="cascade", index=True, help="Empty: every program.", tracking=True
    )
    date_from = fields.Date("From", required=True, default=fields.Date.context_today, tracking=True)
    date_to = fields.Date("Until", help="The last day. Empty: until it is archived.", tracking=True)
    reason = fields.Char(required=True, tracking=True)
    user_id = fields.Many2one("res.users", "Decided By", readonly=True, default=lambda self: self.env.uid)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )

    _in_order = models.Constraint(
        "CHECK (date_to IS NULL OR date_to >= date_from)", "An exemption cannot end before it starts: check the dates."
    )

    def write(self, vals):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("Only programs managers change exemptions: ask one to do it."))
        # who changes it decides it, whatever a caller says
        exemptions = self._open_fields("user_id")
        return super(AttendanceExemption, exemptions).write({**vals, "user_id": self.env.uid})

    @api.model
    def _domain_for(self, cycle):
        """Exemptions of the cycle's company that hold on the last day that counts in the cycle."""
        last = cycle._attendance_window()[1]
        return (
            Domain("company_id", "in", cycle.company_id.ids)
            & Domain("program_id", "in", (False, cycle.program_id.id))
            & Domain("date_from", "<=", last)
            & (Domain("date_to", "=", False) | Domain("date_to", ">=", last))
        )
