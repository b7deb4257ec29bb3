# Part of the SPP attendance suite. LGPL-3.
"""An entitlement to money, which expires once its last day has passed."""

from odoo import api, fields, models
from odoo.tools import formatLang


class Entitlement(models.Model):
    _name = "spp.entitlement"
    _description = "Entitlement"
    _inherit = "spp.entitlement.mixin"
    _order = "partner_id asc, id desc"

    _FROZEN_FIELDS = frozenset({"partner_id", "cycle_id", "initial_amount"})

    is_cash_entitlement = fields.Boolean(string="Cash Entitlement")
    initial_amount = fields.Monetary(required=True, currency_field="currency_id")
    balance = fields.Monetary(compute="_compute_balance", currency_field="currency_id")

    _code_unique = models.Constraint("UNIQUE(code)", "Another entitlement has this code already.")
    _cycle_partner_idx = models.Index("(cycle_id, partner_id)")
    _expiry_idx = models.Index("(valid_until) WHERE state = 'approved'")

    @api.depends("code", "is_cash_entitlement", "initial_amount", "currency_id")
    def _compute_name(self):
        cash = self.filtered("is_cash_entitlement")
        for entitlement in cash:
            amount = formatLang(self.env, entitlement.initial_amount, currency_obj=entitlement.currency_id)
            entitlement.name = self.env._("Entitlement %s", amount)
        return super(Entitlement, self - cash)._compute_name()

    @api.depends("initial_amount")
    def _compute_balance(self):
        for entitlement in self:
            entitlement.balance = entitlement.initial_amount

    @api.autovacuum
    def _gc_mark_expired_entitlement(self, batch_size=1000):
        """Let approved entitlements run out once their last day has passed."""
        overdue = [("state", "=", "approved"), ("valid_until", "<", fields.Date.today())]
        batch = self.search(overdue, limit=batch_size, order="id")
        batch.write({"state": "expired"})
        return len(batch), self.search_count(overdue)
