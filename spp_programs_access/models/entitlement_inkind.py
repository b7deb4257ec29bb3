# Part of the SPP attendance suite. LGPL-3.
"""In-kind entitlements are seen in the areas of their beneficiaries."""

from odoo import models


class EntitlementInkind(models.Model):
    _inherit = "spp.entitlement.inkind"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"
