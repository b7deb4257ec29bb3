# Part of the SPP attendance suite. LGPL-3.
"""Goods by a list of items: an entitlement for each item that applies to a member."""

from odoo import fields, models
from odoo.exceptions import UserError


class ProgramEntitlementManagerInkind(models.Model):
    _name = "spp.program.entitlement.manager.inkind"
    _description = "In-Kind Entitlement Manager"
    _inherit = ["spp.base.program.entitlement.manager", "spp.manager.source.mixin"]

    IS_CASH_ENTITLEMENT = False

    entitlement_item_ids = fields.One2many(
        "spp.program.entitlement.manager.inkind.item", "entitlement_id", string="Entitlement Items"
    )

    def prepare_entitlements(self, cycle, beneficiaries):
        """Create one in-kind entitlement per member and item, where there is none yet.

        :raise UserError: no item has been entered
        """
        self.ensure_one()
        if not self.entitlement_item_ids:
            raise UserError(self.env._("%s has no items. Add what is handed out first.", self.name))
        partners = self._filter_by_compliance(cycle, beneficiaries).partner_id
        vals_list = []
        for item in self.entitlement_item_ids:
            missing = self._get_missing_partners(
                cycle, item._filter_partners(partners), [("inkind_item_id", "=", item.id)]
            )
            vals_list += [
                {
                    **self._prepare_entitlement_values(cycle, partner),
                    "inkind_item_id": item.id,
                    "product_id": item.product_id.id,
                    "uom_id": item.uom_id.id,
                    "unit_price": item.product_id.list_price,
                    "quantity": quantity,
                }
                for partner in missing
                if (quantity := item.quantity * item._get_multiplier(partner))
            ]
        return self._create_entitlements(vals_list)
