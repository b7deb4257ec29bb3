# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models


class AttendanceSource(models.Model):
    """Where attendance facts come from. Each source numbers its own facts, types and locations."""

    _name = "spp.attendance.source"
    _description = "Attendance Source"

    name = fields.Char(required=True, translate=True)
    kind = fields.Selection([("session", "Own Sessions")], required=True, readonly=True)
    active = fields.Boolean(default=True)

    @api.model
    def _refresh_session_catalogues(self, session_types=None, locations=()):
        """Offer session types and session locations for requirements as soon as they exist.

        :param session_types: `spp.session.type` records
        :param locations: location texts; empty ones are ignored
        """
        source = self.env.ref("spp_attendance_compliance.attendance_source_session").sudo()
        if session_types:
            self.env["spp.event.attendance.type"].sudo()._ensure(
                source, {str(session_type.id): session_type.name for session_type in session_types}
            )
        self.env["spp.event.attendance.location"].sudo()._ensure(
            source, {location: location for location in locations if location}
        )
