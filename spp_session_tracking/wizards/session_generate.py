# Part of the SPP attendance suite. LGPL-3.
"""The window that plans series: it continues the running one and says of each day what will become of it."""

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import format_date, format_datetime

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SessionGenerate(models.TransientModel):
    """Plan the sessions of rosters: the plan is shown first, then created."""

    _name = "spp.session.generate"
    _description = "Generate Sessions"
    _own_dialog = True

    roster_ids = fields.Many2many("spp.session.roster", string="Rosters", required=True)
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date(
        "To",
        required=True,
        # clock: a proposal in a form
        default=lambda self: fields.Date.context_today(self) + relativedelta(months=3),
    )
    frequency = fields.Selection(
        selection=lambda self: [
            ("daily", self.env._("Daily")),
            *self.env["spp.session.type"]._fields["frequency"]._description_selection(self.env),
        ],
        required=True,
        compute="_compute_frequency",
        store=True,
        readonly=False,
    )
    mon = fields.Boolean()
    tue = fields.Boolean()
    wed = fields.Boolean()
    thu = fields.Boolean()
    fri = fields.Boolean()
    sat = fields.Boolean()
    sun = fields.Boolean()
    start_time = fields.Float(required=True, default=9.0)
    end_time = fields.Float(required=True, compute="_compute_end_time", store=True, readonly=False)
    ends_next_day = fields.Boolean("Ends on the Next Day", compute="_compute_ends_next_day", store=True, readonly=False)
    series_start = fields.Date(
        "Series Started On",
        compute="_compute_series_start",
        store=True,
        readonly=False,
        help="Every other week and every third month are counted from this day: a running series keeps its rhythm. "
        "Empty: a new series starts.",
    )
    line_ids = fields.One2many(
        "spp.session.generate.line", "wizard_id", "Plan", compute="_compute_line_ids", store=True
    )
    new_count = fields.Integer("New Sessions", compute="_compute_new_count")

    @api.depends("roster_ids")
    def _compute_frequency(self):
        for wizard in self:
            wizard.frequency = wizard.frequency or wizard.roster_ids[:1].session_type_id.frequency or "weekly"

    @api.depends("start_time", "roster_ids")
    def _compute_end_time(self):
        for wizard in self:
            hours = wizard.roster_ids[:1].session_type_id.duration_hours or 1.0
            wizard.end_time = (wizard.start_time + hours) % 24

    @api.depends("start_time", "end_time")
    def _compute_ends_next_day(self):
        for wizard in self:
            wizard.ends_next_day = wizard.end_time < wizard.start_time

    @api.depends("roster_ids", "date_from", "frequency", "start_time")
    def _compute_series_start(self):
        for wizard in self:
            # the days of a month come from its first session: of a later one on the 28th nobody knows that it was the 31st
            newest = wizard.frequency in ("weekly", "biweekly")
            wizard.series_start = (
                self.env["spp.session"]
                .search(
                    wizard._running_series_domain(),
                    order="occurrence_datetime desc" if newest else "occurrence_datetime",
                    limit=1,
                )
                ._occurrence_day()
                if wizard.date_from
                else False
            )

    def _running_series_domain(self):
        """Sessions of the first roster that were planned before, for the same time of the day."""
        minute = 1 / 60
        return [
            ("roster_id", "in", self.roster_ids[:1]._origin.ids),
            ("occurrence_datetime", "!=", False),
            ("occurrence_datetime", "<", self.date_from),
            ("start_time", ">", self.start_time - minute),
            ("start_time", "<", self.start_time + minute),
        ]

    @api.depends(
        "roster_ids",
        "date_from",
        "date_to",
        "frequency",
        "start_time",
        "end_time",
        "ends_next_day",
        "series_start",
        *WEEKDAYS,
    )
    def _compute_line_ids(self):
        for wizard in self:
            lines = [Command.clear()]
            if wizard._is_complete():
                lines += [Command.create(wizard._prepare_line_values(occurrence)) for occurrence in wizard._plan()]
            wizard.line_ids = lines

    def _prepare_line_values(self, occurrence):
        roster, session = occurrence.roster, occurrence.session
        outcome, reason = "new", ""
        if occurrence.closure:
            outcome, reason = "closed", occurrence.closure
        elif session:
            outcome = "exists"
            if session.state == "cancelled":
                reason = self.env._("Cancelled")
            elif session.start_datetime != occurrence.start:
                moved_to = format_datetime(self.env, session.start_datetime, session.tz, "short")
                reason = self.env._("Moved to %s", moved_to)
        elif not occurrence.people:
            reason = self.env._("Nobody is on the roster on this day")
        return {
            "roster_id": roster.id,
            "day": occurrence.day,
            "weekday": format_date(self.env, occurrence.day, date_format="EEEE"),
            "time_period": self.env["spp.session"]._period_text(occurrence.start, occurrence.end, roster.tz),
            "tz": roster.tz,
            "people": occurrence.people,
            "outcome": outcome,
            "reason": reason,
        }

    @api.depends("line_ids.outcome")
    def _compute_new_count(self):
        for wizard in self:
            wizard.new_count = len(wizard.line_ids.filtered(lambda line: line.outcome == "new"))

    def _is_complete(self):
        return self.roster_ids and self.date_from and self.date_to and self.date_from <= self.date_to and self.frequency

    def _plan(self):
        weekdays = [number for number, name in enumerate(WEEKDAYS) if self[name]]
        return self.roster_ids._origin._plan_occurrences(
            self.date_from,
            self.date_to,
            self.start_time,
            self.end_time,
            self.frequency,
            weekdays,
            self.ends_next_day,
            self.series_start,
        )

    def action_generate(self):
        """Create the sessions that are new in the plan, and show them.

        :return: window action (dict).
        :raise UserError: when the plan holds nothing new
        """
        self.ensure_one()
        sessions = self.roster_ids._create_occurrences(
            self._plan(), self.start_time, self.end_time, ends_next_day=self.ends_next_day
        )
        if not sessions:
            raise UserError(self.env._("All sessions of this plan exist already, or their days are closed."))
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_view")
        return {**action, "domain": [("id", "in", sessions.ids)]}


class SessionGenerateLine(models.TransientModel):
    _name = "spp.session.generate.line"
    _description = "Planned Session"
    _order = "day, id"
    _own_dialog = True

    wizard_id = fields.Many2one("spp.session.generate", required=True, ondelete="cascade", index=True)
    roster_id = fields.Many2one("spp.session.roster", readonly=True)
    day = fields.Date(readonly=True)
    weekday = fields.Char(readonly=True)
    time_period = fields.Char("Local Time", readonly=True)
    tz = fields.Char("Time Zone", readonly=True)
    people = fields.Integer(readonly=True)
    outcome = fields.Selection(
        [("new", "New"), ("exists", "Planned Already"), ("closed", "Closed")], readonly=True, required=True
    )
    reason = fields.Char("Why", readonly=True)
