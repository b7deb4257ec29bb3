# Part of the SPP attendance suite. LGPL-3.
"""Entitlements are seen in the areas of their beneficiaries."""

from odoo import models


class Entitlement(models.Model):
    _inherit = "spp.entitlement"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"
