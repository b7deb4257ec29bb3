# Part of the SPP attendance suite. LGPL-3.
"""Items of an in-kind manager follow its program."""

from odoo import models


class ProgramEntitlementManagerInkindItem(models.Model):
    _inherit = "spp.program.entitlement.manager.inkind.item"
    _company_path = "entitlement_id.program_id.company_id"
