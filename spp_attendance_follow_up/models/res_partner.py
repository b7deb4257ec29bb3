# Part of the SPP attendance suite. LGPL-3.
"""Somebody with a follow-up stays on record."""

from odoo import api, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    @api.model
    def _session_records(self):
        return [*super()._session_records(), ("spp.attendance.follow.up", "partner_id")]
