# Part of the SPP attendance suite. LGPL-3.
"""Programs belong to a company."""

from odoo import models


class Program(models.Model):
    _inherit = "spp.program"
    _company_path = "company_id"
