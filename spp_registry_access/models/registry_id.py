# Part of the SPP attendance suite. LGPL-3.
"""Identifiers are seen by who may see the person."""

from odoo import models


class RegistryId(models.Model):
    _inherit = "spp.registry.id"
    _company_path = "partner_id.company_id"
    _area_path = "partner_id.area_id"
