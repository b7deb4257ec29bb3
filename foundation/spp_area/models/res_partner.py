# Part of the SPP attendance suite. LGPL-3.
"""A registrant lives in an area."""

from odoo import fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    area_id = fields.Many2one("spp.area", index=True, ondelete="restrict")
