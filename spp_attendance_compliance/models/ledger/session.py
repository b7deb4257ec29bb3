# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models


class Session(models.Model):
    _inherit = "spp.session"

    @api.model_create_multi
    def create(self, vals_list):
        sessions = super().create(vals_list)
        self.env["spp.attendance.source"]._refresh_session_catalogues(locations=sessions.mapped("location"))
        return sessions

    def write(self, vals):
        result = super().write(vals)
        if vals.get("location"):
            self.env["spp.attendance.source"]._refresh_session_catalogues(locations=[vals["location"]])
        return result

    def _submit(self):
        submitted = super()._submit()
        self.env["spp.event.attendance"].sudo()._sync_sessions(submitted)
        return submitted
