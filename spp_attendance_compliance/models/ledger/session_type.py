# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models


class SessionType(models.Model):
    _inherit = "spp.session.type"

    @api.model_create_multi
    def create(self, vals_list):
        session_types = super().create(vals_list)
        self.env["spp.attendance.source"]._refresh_session_catalogues(session_types)
        return session_types

    def write(self, vals):
        result = super().write(vals)
        if "name" in vals:
            self.env["spp.attendance.source"]._refresh_session_catalogues(self)
        return result
