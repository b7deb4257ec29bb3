# Part of the SPP attendance suite. LGPL-3.
"""Links from a program to its managers follow the program, those of other addons too."""

from odoo import models


class ManagerMixin(models.AbstractModel):
    _inherit = "spp.manager.mixin"
    _company_path = "program_id.company_id"
