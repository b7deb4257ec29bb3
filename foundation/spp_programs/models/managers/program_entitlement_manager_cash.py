# Part of the SPP attendance suite. LGPL-3.
"""Money by a list of items: a member gets the sum of those that apply, up to a maximum."""

from odoo import fields, models
from odoo.exceptions import UserError


class ProgramEntitlementManagerCash(models.Model):
    _name = "spp.program.entitlement.manager.cash"
    _description = "Cash Entitlement Manager"
    _inherit = ["spp.base.program.entitlement.manager", "spp.manager.source.mixin"]

    IS_CASH_ENTITLEMENT = True

    currency_id = fields.Many2one(related="program_id.currency_id")
    entitlement_item_ids = fields.One2many(
        "spp.program.entitlement.manager.cash.item", "entitlement_id", string="Entitlement Items"
    )
    max_amount = fields.Monetary(
        string="Maximum Amount", currency_field="currency_id", help="0 means that there is no limit."
    )

    def prepare_entitlements(self, cycle, beneficiaries):
        """Create one cash entitlement, the sum of the items that apply, for every member who has none.

        :raise UserError: no item has been entered
        """
        self.ensure_one()
        if not self.entitlement_item_ids:
            raise UserError(self.env._("%s has no items. Add what is paid out first.", self.name))
        beneficiaries = self._filter_by_compliance(cycle, beneficiaries)
        partners = self._get_missing_partners(cycle, beneficiaries.partner_id)
        amounts = dict.fromkeys(partners, 0.0)
        for item in self.entitlement_item_ids:
            for partner in item._filter_partners(partners):
                amounts[partner] += item.amount * item._get_multiplier(partner)
        return self._create_entitlements(
            [
                {
                    **self._prepare_entitlement_values(cycle, partner),
                    "is_cash_entitlement": True,
                    "initial_amount": min(amount, self.max_amount) if self.max_amount else amount,
                }
                for partner, amount in amounts.items()
                if amount
            ]
        )
