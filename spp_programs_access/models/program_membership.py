# Part of the SPP attendance suite. LGPL-3.
"""Memberships follow their program."""

from odoo import models


class ProgramMembership(models.Model):
    _inherit = "spp.program.membership"
    _company_path = "program_id.company_id"
    _area_path = "partner_id.area_id"
