# Part of the SPP attendance suite. LGPL-3.
"""Compliance as a filter on registrants; an empty one accepts everybody."""

from odoo import api, fields, models


class ComplianceManagerDefault(models.Model):
    _name = "spp.compliance.manager.default"
    _description = "Default Compliance Manager"
    _inherit = ["spp.compliance.manager.base", "spp.manager.source.mixin"]

    compliance_cel_expression = fields.Text(
        string="Compliance Expression",
        help="Whom the program accepts at the end of a cycle, as a domain on registrants. Empty accepts everybody.",
    )

    @api.constrains("compliance_cel_expression")
    def _check_compliance_cel_expression(self):
        for manager in self:
            manager._eval_partner_domain(manager.compliance_cel_expression)

    def get_compliance_domain(self, membership=None):
        """Return whom the expression accepts.

        :param membership: only the registrants of these cycle memberships
        :return: list domain on res.partner; ``[]`` without an expression
        :raise ValidationError: the expression is no domain on registrants
        """
        self.ensure_one()
        criteria = self._eval_partner_domain(self.compliance_cel_expression)
        return self._registrant_domain(membership) + criteria if criteria else []

    def verify_compliance(self, cycle, membership):
        """Return those of the cycle memberships whose registrant fulfils the expression."""
        domain = self.get_compliance_domain(membership)
        if not domain:
            return membership
        # sudo: criteria may look at data that the user may not read; only who passes is returned
        compliant_ids = set(self.env["res.partner"].sudo().search(domain).ids)
        return membership.filtered(lambda rec: rec.partner_id.id in compliant_ids)
