# Part of the SPP attendance suite. LGPL-3.
"""Eligibility as a domain on registrants: whom it accepts is imported, enrolled and verified by it."""

from odoo import api, fields, models


class ProgramMembershipManagerDefault(models.Model):
    _name = "spp.program.membership.manager.default"
    _description = "Default Eligibility"
    _inherit = ["spp.program.membership.manager", "spp.manager.source.mixin"]

    eligibility_domain = fields.Text(string="Domain", default="[]")

    @api.constrains("eligibility_domain")
    def _check_eligibility_domain(self):
        for manager in self:
            manager._eval_partner_domain(manager.eligibility_domain)

    def _prepare_eligible_domain(self, membership=None):
        """Return whom the program accepts.

        :param membership: only the registrants of these memberships
        :return: list domain on res.partner
        """
        self.ensure_one()
        return self._registrant_domain(membership) + self._eval_partner_domain(self.eligibility_domain)

    def _filter_eligible(self, memberships):
        if not memberships:
            return memberships
        eligible_ids = set(self.env["res.partner"].search(self._prepare_eligible_domain(memberships)).ids)
        return memberships.filtered(lambda membership: membership.partner_id.id in eligible_ids)

    def enroll_eligible_registrants(self, program_memberships):
        """Return those of the program memberships whose registrant fulfils the domain."""
        return self._filter_eligible(program_memberships)

    def verify_cycle_eligibility(self, cycle, membership):
        """Return those of the cycle memberships whose registrant fulfils the domain."""
        return self._filter_eligible(membership)

    def import_eligible_registrants(self, state="draft"):
        """Add every registrant who fulfils the domain and is no member yet.

        :param str state: state of the new memberships
        :return: how many were added
        :rtype: int
        """
        self.ensure_one()
        partners = self.env["res.partner"].search(self._prepare_eligible_domain())
        return self.env["spp.program.membership"].bulk_create_memberships(
            [{"partner_id": partner.id, "program_id": self.program_id.id, "state": state} for partner in partners],
            skip_duplicates=True,
        )
