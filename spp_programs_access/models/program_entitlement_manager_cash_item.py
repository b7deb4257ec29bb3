# Part of the SPP attendance suite. LGPL-3.
"""Items of a cash manager follow its program."""

from odoo import models


class ProgramEntitlementManagerCashItem(models.Model):
    _inherit = "spp.program.entitlement.manager.cash.item"
    _company_path = "entitlement_id.program_id.company_id"
