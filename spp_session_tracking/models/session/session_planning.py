# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class Session(models.Model):
    """What a session takes from its type, and what is checked when it is planned."""

    _inherit = "spp.session"

    roster_id = fields.Many2one(compute="_compute_roster_id", store=True, readonly=False, precompute=True)
    location = fields.Char(compute="_compute_location", store=True, readonly=False, precompute=True)
    area_id = fields.Many2one(compute="_compute_area_id", store=True, readonly=False, precompute=True)
    expected_count = fields.Integer("Expected", compute="_compute_expected_count")
    is_over_capacity = fields.Boolean(compute="_compute_expected_count")

    _capacity_not_negative = models.Constraint(
        "CHECK (max_participants >= 0)", "The capacity is a number of people; 0 means that there is no limit."
    )

    @api.depends("session_type_id")
    def _compute_roster_id(self):
        """A new session takes the roster of its type; one that the former type suggested gives way to it."""
        for session in self:
            roster = session.roster_id
            suggested = roster == roster.session_type_id.default_roster_id
            if not session._origin.id and (
                not roster or (suggested and roster.session_type_id != session.session_type_id)
            ):
                default = session.session_type_id.default_roster_id
                # a type that companies share can name the roster of one of them only
                roster = default if default.company_id == session.company_id else roster.browse()
            session.roster_id = roster

    @api.depends("session_type_id", "roster_id")
    def _compute_location(self):
        """A new session takes place where its roster does, else where its type does; what was typed by hand stays."""
        typed = {location for location in self.mapped("location") if location}
        suggested = set()
        if typed:
            for model, name in (("spp.session.type", "default_location"), ("spp.session.roster", "location")):
                suggested.update(self.env[model].search_fetch([(name, "in", list(typed))], [name]).mapped(name))
        for session in self:
            location = session.location
            if not session._origin.id and (not location or location in suggested):
                location = session.roster_id.location or session.session_type_id.default_location
            session.location = location

    @api.depends("roster_id")
    def _compute_area_id(self):
        """A new session belongs to the area of its roster, unless another one was chosen."""
        for session in self:
            session.area_id = session.area_id or (not session._origin.id and session.roster_id.area_id)

    @api.depends("expected_participant_ids", "max_participants")
    def _compute_expected_count(self):
        for session in self:
            session.expected_count = len(session.expected_participant_ids)
            session.is_over_capacity = 0 < session.max_participants < session.expected_count

    @api.onchange("session_type_id")
    def _onchange_session_type_id(self):
        """Topics of another type do not follow into this one."""
        session_type = self.session_type_id
        self.topic_ids = self.topic_ids.filtered(
            lambda topic: session_type.track_topics and topic.session_type_id <= session_type
        )

    @api.constrains("topic_ids", "session_type_id")
    def _check_topics(self):
        for session in self.filtered("topic_ids"):
            session_type = session.session_type_id
            if not session_type.track_topics:
                raise ValidationError(
                    self.env._(
                        "Sessions of the type %(type)s have no topics: take the topics off %(session)s, or let the type "
                        "track topics.",
                        type=session_type.name,
                        session=session.name,
                    )
                )
            for topic in session.topic_ids:
                if topic.session_type_id <= session_type:
                    continue
                raise ValidationError(
                    self.env._(
                        "%(topic)s is a topic of the type %(other)s: take it off %(session)s, which is of the type "
                        "%(type)s.",
                        topic=topic.name,
                        other=topic.session_type_id.name,
                        session=session.name,
                        type=session_type.name,
                    )
                )

    def _without_people(self):
        """Of these sessions those in which nobody is expected and nobody is marked; two queries."""
        expected = self._expected_ids()
        empty = self.filtered(lambda session: not expected[session.id])
        # somebody whom the user may not see is somebody
        marked = (
            self.env["spp.session.attendance"].sudo()._read_group([("session_id", "in", empty.ids)], ["session_id"])
        )
        return empty - self.browse(session.id for (session,) in marked)

    def _check_has_people(self):
        """A register without anybody says nothing: it is no register.

        :raise UserError: when nobody is expected and nobody is marked in one of the sessions
        """
        empty = self._without_people()
        if empty:
            raise UserError(
                self.env._(
                    "Nobody is expected in %s and nobody is marked: add participants, or cancel the session.",
                    empty[0].display_name,
                )
            )

    def _ready_for_submission(self):
        return super()._ready_for_submission() - self._without_people()
