# Part of the SPP attendance suite. LGPL-3.
"""Events of registrants are seen in the companies and areas of their persons."""

from odoo import models


class EventData(models.Model):
    _inherit = "spp.event.data"
    _company_path = "partner_id.company_id"
    _area_path = "partner_id.area_id"
