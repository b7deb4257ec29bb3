# Part of the SPP attendance suite. LGPL-3.
"""Marks can come from a terminal."""

from odoo import fields, models


class SessionAttendance(models.Model):
    _inherit = "spp.session.attendance"

    source = fields.Selection(selection_add=[("device", "Terminal")], ondelete={"device": "set default"})
