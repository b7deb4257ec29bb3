# Part of the SPP attendance suite. LGPL-3.
"""Terminals at which the people of a roster check in."""

from odoo import fields, models


class SessionRoster(models.Model):
    _inherit = "spp.session.roster"

    device_ids = fields.Many2many(
        "spp.attendance.device",
        "spp_attendance_device_roster_rel",
        "roster_id",
        "device_id",
        "Terminals",
        check_company=True,
    )
