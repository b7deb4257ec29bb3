# Part of the SPP attendance suite. LGPL-3.
"""What a cycle asks compliance criteria for: a domain of those who comply, or the compliant ones of its members."""

from odoo import fields, models


class ComplianceManagerBase(models.AbstractModel):
    _name = "spp.compliance.manager.base"
    _description = "Base Compliance Manager"
    _inherit = "spp.base.programs.manager"

    name = fields.Char(required=True, default=lambda self: self._description)
    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="cascade")

    def verify_compliance(self, cycle, membership):
        """Return those of the cycle memberships who comply."""
        raise NotImplementedError

    def get_compliance_domain(self, membership=None):
        """Return who complies.

        :param membership: only the registrants of these cycle memberships
        :return: list domain on res.partner; ``[]`` accepts everybody
        """
        raise NotImplementedError
