# Part of the SPP attendance suite. LGPL-3.
"""Money by the size of the household: an amount per cycle, and one for each member up to a limit."""

from odoo import fields, models


class ProgramEntitlementManagerDefault(models.Model):
    _name = "spp.program.entitlement.manager.default"
    _description = "Default Entitlement Manager"
    _inherit = ["spp.base.program.entitlement.manager", "spp.manager.source.mixin"]

    IS_CASH_ENTITLEMENT = True

    currency_id = fields.Many2one(related="program_id.currency_id")
    amount_per_cycle = fields.Monetary(currency_field="currency_id")
    amount_per_individual_in_group = fields.Monetary(currency_field="currency_id")
    max_individual_in_group = fields.Integer(
        string="Maximum number of individuals in group", help="0 means that all members count."
    )

    def prepare_entitlements(self, cycle, beneficiaries):
        """Create one cash entitlement for every member who has none in the cycle."""
        self.ensure_one()
        beneficiaries = self._filter_by_compliance(cycle, beneficiaries)
        partners = self._get_missing_partners(cycle, beneficiaries.partner_id)
        sizes = self._count_individuals(partners)
        return self._create_entitlements(
            [
                {
                    **self._prepare_entitlement_values(cycle, partner),
                    "is_cash_entitlement": True,
                    "initial_amount": self._calculate_amount(partner, sizes.get(partner, 0)),
                }
                for partner in partners
            ]
        )

    def _count_individuals(self, partners):
        """Return how many current members each group has, as a dict of partner and number."""
        if not self.amount_per_individual_in_group:
            return {}
        # sudo: how many people a household has does not depend on which of them the user sees
        return dict(
            self.env["spp.group.membership"]
            .sudo()
            ._read_group([("group", "in", partners.ids), ("is_ended", "=", False)], ["group"], ["__count"])
        )

    def _calculate_amount(self, beneficiary, num_individuals):
        """Return what a beneficiary gets in a cycle.

        :param beneficiary: one res.partner
        :param int num_individuals: members of the group, 0 for an individual
        :rtype: float
        """
        if self.max_individual_in_group:
            num_individuals = min(num_individuals, self.max_individual_in_group)
        return self.amount_per_cycle + num_individuals * self.amount_per_individual_in_group
