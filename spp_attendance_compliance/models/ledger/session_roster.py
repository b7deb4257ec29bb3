# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models


class SessionRoster(models.Model):
    _inherit = "spp.session.roster"

    @api.model_create_multi
    def create(self, vals_list):
        rosters = super().create(vals_list)
        self.env["spp.attendance.source"]._refresh_session_catalogues(locations=rosters.mapped("location"))
        return rosters

    def write(self, vals):
        result = super().write(vals)
        if vals.get("location"):
            self.env["spp.attendance.source"]._refresh_session_catalogues(locations=[vals["location"]])
        return result
