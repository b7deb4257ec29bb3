# Part of the SPP attendance suite. LGPL-3.
"""A question to one user."""

from odoo import models


class PrepareEntitlementConfirmWizard(models.TransientModel):
    _inherit = "spp.prepare.entitlement.confirm.wizard"
    _own_dialog = True
