# Part of the SPP attendance suite. LGPL-3.
"""What programs and cycles ask criteria of eligibility for."""

from odoo import fields, models


class ProgramMembershipManager(models.AbstractModel):
    _name = "spp.program.membership.manager"
    _description = "Base Eligibility"
    _inherit = "spp.base.programs.manager"

    name = fields.Char(required=True, default=lambda self: self._description)
    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="cascade")

    def enroll_eligible_registrants(self, program_memberships):
        """Return those of the program memberships who are eligible."""
        raise NotImplementedError

    def verify_cycle_eligibility(self, cycle, membership):
        """Return those of the cycle memberships who are eligible."""
        raise NotImplementedError

    def import_eligible_registrants(self, state=None):
        """Add eligible registrants to the program and return how many there were."""
        raise NotImplementedError
