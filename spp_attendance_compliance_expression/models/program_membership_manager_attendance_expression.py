# Part of the SPP attendance suite. LGPL-3.
"""Eligibility can be an attendance expression: it imports, enrols and verifies whom it is true for."""

from odoo import api, models


class ProgramMembershipManagerAttendanceExpression(models.Model):
    """Whom a program accepts, as an attendance expression; attendance counts in the period of the expression."""

    _name = "spp.program.membership.manager.attendance.expression"
    _description = "Attendance Eligibility"
    _inherit = [
        "spp.program.membership.manager",
        "spp.attendance.expression.manager.mixin",
        "spp.manager.source.mixin",
    ]

    def _prepare_eligible_domain(self, membership=None):
        """Return whom the program accepts.

        :param membership: only the registrants of these memberships
        :return: list domain on res.partner; an empty list of ids when nobody is eligible
        """
        self.ensure_one()
        domain = list(self.expression_id._registrant_domain())
        if membership is not None:
            domain.append(("id", "in", membership.partner_id.ids))
        return [("id", "in", self.expression_id._matching(self.env["res.partner"].search(domain)).ids)]

    def _filter_eligible(self, memberships):
        eligible_ids = set(self.env["res.partner"].search(self._prepare_eligible_domain(memberships)).ids)
        return memberships.filtered(lambda membership: membership.partner_id.id in eligible_ids)

    @api.private
    def enroll_eligible_registrants(self, program_memberships):
        """Return those of the program memberships whose registrant the expression is true for."""
        return self._filter_eligible(program_memberships)

    @api.private
    def verify_cycle_eligibility(self, cycle, membership):
        """Return those of the cycle memberships whose registrant the expression is true for."""
        return self._filter_eligible(membership)

    def import_eligible_registrants(self, state="draft"):
        """Add every registrant whom the expression is true for and who is no member yet.

        :param str state: state of the new memberships
        :return: how many were added
        :rtype: int
        """
        self.ensure_one()
        partners = self.env["res.partner"].search(self._prepare_eligible_domain())
        return self.env["spp.program.membership"].bulk_create_memberships(
            [
                {"partner_id": partner_id, "program_id": self.program_id.id, "state": state}
                for partner_id in partners.ids
            ],
            skip_duplicates=True,
        )


class EligibilityManager(models.Model):
    _inherit = "spp.eligibility.manager"

    @api.model
    def _selection_manager_ref_id(self):
        return super()._selection_manager_ref_id() + [
            ("spp.program.membership.manager.attendance.expression", self.env._("Attendance Expression")),
        ]
