# Part of the SPP attendance suite. LGPL-3.
"""Memberships of a household are seen by who may see the household and the person."""

from odoo import models


class GroupMembership(models.Model):
    _inherit = "spp.group.membership"
    _company_path = ("group.company_id", "individual.company_id")
    _area_path = ("group.area_id", "individual.area_id")
