# Part of the SPP attendance suite. LGPL-3.
"""Service points are seen in their areas; they serve every company."""

from odoo import models


class ServicePoint(models.Model):
    _inherit = "spp.service.point"
    _area_path = "area_id"
    _area_open = ("('area_id', '=', False)",)
