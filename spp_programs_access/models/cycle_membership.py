# Part of the SPP attendance suite. LGPL-3.
"""Cycle memberships follow their cycle."""

from odoo import models


class CycleMembership(models.Model):
    _inherit = "spp.cycle.membership"
    _company_path = "cycle_id.company_id"
    _area_path = "partner_id.area_id"
