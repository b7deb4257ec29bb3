# Part of the SPP attendance suite. LGPL-3.
"""Sources of attendance facts: what each is, which zone its times have, and how a run gets the facts from it."""

from datetime import datetime, time, timedelta

from odoo import api, fields, models

from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.spp_integrity import wall_to_utc


class AttendanceSource(models.Model):
    """Where attendance facts come from. Each source numbers its own facts, types and locations."""

    _name = "spp.attendance.source"
    _inherit = ["mail.thread", "spp.guarded.fields.mixin"]
    _description = "Attendance Source"
    _order = "name, id"
    _company_path = "company_id"

    _fixed_fields = ("kind",)

    name = fields.Char(required=True, translate=True, tracking=True)
    kind = fields.Selection(
        [("session", "Own Sessions"), ("other", "No Longer Collected")],
        required=True,
        readonly=True,
        help="How its facts come here. Addons bring kinds; the facts of one whose addon was uninstalled stay.",
        tracking=True,
    )
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", help="Empty: for the programs of every company.", tracking=True)
    tz = fields.Selection(
        _tz_get,
        "Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or self.env.user.tz or "UTC",
        help="The zone in which the source writes dates and times.",
        tracking=True,
    )
    type_ids = fields.One2many("spp.event.attendance.type", "source_id", "Types", readonly=True)
    location_ids = fields.One2many("spp.event.attendance.location", "source_id", "Locations", readonly=True)

    _one_of_a_kind = models.UniqueIndex(
        "(kind) WHERE kind = 'session'", "Own sessions are one source: there is one already."
    )

    @api.model
    def _refresh_session_catalogues(self, session_types=None, locations=()):
        """Offer session types and session locations for requirements as soon as they exist.

        :param session_types: `spp.session.type` records
        :param locations: location texts; empty ones are ignored
        """
        # sudo: the catalogues of our own sessions are kept by the system
        source = self.env.ref("spp_attendance_compliance.attendance_source_session").sudo()
        if session_types:
            self.env["spp.event.attendance.type"].sudo()._ensure(  # sudo: as above
                source, {str(session_type.id): session_type.name for session_type in session_types}
            )
        self.env["spp.event.attendance.location"].sudo()._ensure(  # sudo: as above
            source, {location: location for location in locations if location}
        )

    def _collect_facts(self, run):
        """Bring the ledger up to date for a run: each source by the method of its kind, `_collect_<kind>_facts(run)`.

        A kind without such a method has said all before the run decides, or says nothing any more.

        :param run: `spp.attendance.compliance.run` record
        """
        for source in self:
            collect = getattr(source, f"_collect_{source.kind}_facts", None)
            if collect:
                collect(run)

    def _collect_session_facts(self, run):
        self.env["spp.event.attendance"]._sync_sessions(run.cycle_id._attendance_sessions())

    def _check_knows(self, measure):
        """Refuse to measure by what a source does not say; kinds of sources that do not know all extend it.

        :param measure: what a requirement measures by
        :raise UserError: when one of these sources cannot know it
        """

    def _moment(self, day, wall_time):
        """The moment of a local day (`date`) and time (`time`) at the source."""
        return wall_to_utc(datetime.combine(day, wall_time), self.tz)

    def _moment_of_hours(self, day, hours):
        """Like `_moment`, for a time given in hours of the day (float)."""
        wall_time = (datetime.combine(day, time()) + timedelta(seconds=min(round(hours * 3600), 86399))).time()
        return self._moment(day, wall_time)
