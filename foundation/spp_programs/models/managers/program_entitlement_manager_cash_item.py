# Part of the SPP attendance suite. LGPL-3.
"""One amount of a list: for whom it is, and how many times."""

from odoo import api, fields, models
from odoo.fields import Domain


class ProgramEntitlementManagerCashItem(models.Model):
    _name = "spp.program.entitlement.manager.cash.item"
    _description = "Cash Entitlement Item"
    _order = "sequence, id"

    sequence = fields.Integer(default=1000)
    entitlement_id = fields.Many2one(
        "spp.program.entitlement.manager.cash", required=True, index=True, ondelete="cascade"
    )
    currency_id = fields.Many2one(related="entitlement_id.currency_id")
    amount = fields.Monetary(required=True, currency_field="currency_id")
    condition = fields.Char(string="Condition Domain", help="Only registrants who fulfil this domain get the item.")
    multiplier_field = fields.Many2one(
        "ir.model.fields",
        string="Multiplier",
        domain=[("model", "=", "res.partner"), ("ttype", "=", "integer")],
        ondelete="cascade",
    )
    max_multiplier = fields.Integer(string="Maximum number", help="0 means that there is no limit.")

    @api.constrains("condition")
    def _check_condition(self):
        for item in self:
            item.entitlement_id._eval_partner_domain(item.condition)

    def _filter_partners(self, partners):
        """Return those of the partners who get the item."""
        self.ensure_one()
        if not self.condition:
            return partners
        domain = Domain(self.entitlement_id._eval_partner_domain(self.condition))
        return self.env["res.partner"].search(Domain("id", "in", partners.ids) & domain)

    def _get_multiplier(self, partner):
        """Return how many times a partner gets the item.

        :rtype: int
        """
        self.ensure_one()
        # sudo: descriptions of fields are read by administrators only
        field_name = self.sudo().multiplier_field.name
        multiplier = partner[field_name] if field_name else 1
        return min(multiplier, self.max_multiplier) if self.max_multiplier else multiplier
