# Part of the SPP attendance suite. LGPL-3.
"""Managers follow their program, those of other addons too."""

from odoo import models


class ManagerSourceMixin(models.AbstractModel):
    _inherit = "spp.manager.source.mixin"
    _company_path = "program_id.company_id"
