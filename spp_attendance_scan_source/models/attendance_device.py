# Part of the SPP attendance suite. LGPL-3.
"""At which place the days count on which a terminal saw somebody."""

from odoo import api, fields, models


class AttendanceDevice(models.Model):
    """A terminal may stand for a place: whoever is seen there on a day has attended that day."""

    _inherit = "spp.attendance.device"

    attendance_location = fields.Char(
        "Days Count At",
        tracking=True,
        help="Each local day with a scan outside of sessions counts as attended at this place, once, whatever the number of "
        "scans and terminals there. Empty: scans count in sessions only.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        devices = super().create(vals_list)
        devices._offer_locations()
        return devices

    def write(self, vals):
        result = super().write(vals)
        if vals.get("attendance_location"):
            self._offer_locations()
        return result

    def _offer_locations(self):
        # sudo: the catalogue of places is kept by the system
        source = self.env.ref("spp_attendance_scan_source.attendance_source_scan").sudo()
        self.env["spp.event.attendance.location"].sudo()._ensure(  # sudo: as above
            source, {location: location for location in self.mapped("attendance_location") if location}
        )
