# Part of the SPP attendance suite. LGPL-3.
"""Money by the size of the household: what was redeemed has left the funds."""

from odoo import api, models


class ProgramEntitlementManagerDefault(models.Model):
    _inherit = "spp.program.entitlement.manager.default"

    @api.private
    def check_fund_balance(self, program_id):
        """Count what has been redeemed as spent: leaving the state "approved" does not bring the money back."""
        return super().check_fund_balance(program_id) - self.env["spp.entitlement"]._sum_redeemed_funds(program_id)
