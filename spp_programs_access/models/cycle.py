# Part of the SPP attendance suite. LGPL-3.
"""Cycles belong to a company."""

from odoo import models


class Cycle(models.Model):
    _inherit = "spp.cycle"
    _company_path = "company_id"
