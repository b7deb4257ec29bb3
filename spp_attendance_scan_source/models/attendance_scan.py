# Part of the SPP attendance suite. LGPL-3.
"""An index by which the days of a person are found among all scans."""

from odoo import models


class AttendanceScan(models.Model):
    _inherit = "spp.attendance.scan"

    _days_of_person = models.Index("(partner_id, scan_date) WHERE partner_id IS NOT NULL")
