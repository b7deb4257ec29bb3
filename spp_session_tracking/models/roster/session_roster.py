# Part of the SPP attendance suite. LGPL-3.
"""Rosters: whom a class expects on which day, where it meets, and under which rules its registers are taken."""

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.spp_integrity.clock import company_today

from ..mixins.session_place import PLACED


class SessionRoster(models.Model):
    """A class: the people who are expected together, each from one date to another.

    Marks belong to person and session, never to the roster; leaving a roster changes no mark.
    """

    _name = "spp.session.roster"
    _description = "Roster"
    _inherit = ["spp.session.in.use", "spp.session.place", "spp.hooks"]
    _order = "name, id"
    _check_company_auto = True
    _company_path = "company_id"
    _company_shared = False
    _area_path = "area_id"
    _area_open = ("('area_id', '=', False)", "('facilitator_id', '=', user.id)")

    _USED_IN = (("spp.session", "roster_id"),)

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    session_type_id = fields.Many2one(
        "spp.session.type", required=True, ondelete="restrict", index=True, check_company=True
    )
    facilitator_id = fields.Many2one(
        "res.users", required=True, ondelete="restrict", default=lambda self: self.env.user
    )
    manager_id = fields.Many2one(
        "res.users", ondelete="restrict", help="Is told about missing registers. Empty: all session managers are."
    )
    location_id = fields.Many2one(
        "spp.session.location", "Place", ondelete="restrict", index="btree_not_null", check_company=True
    )
    location = fields.Char(help="The name of the place, or any text.")
    area_id = fields.Many2one("spp.area", index="btree_not_null")
    tz = fields.Selection(
        _tz_get,
        "Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or self.env.user.tz or "UTC",
    )
    calendar_id = fields.Many2one(
        "resource.calendar",
        "Closures",
        ondelete="restrict",
        check_company=True,
        default=lambda self: self.env.company.resource_calendar_id,
        help="No session is generated on the holidays and closures of this calendar.",
    )
    policy_id = fields.Many2one("spp.session.policy", ondelete="restrict", check_company=True)
    membership_ids = fields.One2many("spp.session.roster.membership", "roster_id", "Members")
    hold_ids = fields.One2many("spp.session.roster.hold", "roster_id", "Holds")
    session_ids = fields.One2many("spp.session", "roster_id", "Sessions")
    member_count = fields.Integer("People Today", compute="_compute_member_count")
    session_count = fields.Integer(compute="_compute_session_count")

    @api.depends("membership_ids.date_from", "membership_ids.date_to")
    def _compute_member_count(self):
        today = company_today(self.env.company)
        counts = dict(
            self.env["spp.session.roster.membership"]._read_group(
                Domain("roster_id", "in", self.ids) & self._membership_domain(today, today), ["roster_id"], ["__count"]
            )
        )
        for roster in self:
            roster.member_count = counts.get(roster._origin, 0)

    def _compute_session_count(self):
        counts = dict(self.env["spp.session"]._read_group([("roster_id", "in", self.ids)], ["roster_id"], ["__count"]))
        for roster in self:
            roster.session_count = counts.get(roster._origin, 0)

    @api.onchange("location_id")
    def _onchange_location_id(self):
        """The text follows the place."""
        if self.location_id:
            self.location = self.location_id.name

    @api.model_create_multi
    def create(self, vals_list):
        with self._collect_hooks():
            rosters = super().create(self._new_with_places(vals_list))
            rosters._call_hook("_after_plan_changed", {roster.id: {} for roster in rosters})
        return rosters

    def write(self, vals):
        former = self._former_values({*vals, *PLACED[self._name]})
        with self._collect_hooks():
            for rosters, values in self._split_by_place(vals):
                super(SessionRoster, rosters).write(values)
            changed = self._changed_since(former)
            self.browse(changed)._call_hook("_after_plan_changed", changed)
        return True

    def _after_plan_changed(self, former):
        """These rosters were created, or what they say about their sessions changed.

        :param former: dict roster id -> dict of the fields that changed -> their former values; empty for new rosters
        """

    @api.model
    def _membership_domain(self, first, last):
        """Memberships that hold on at least one day from `first` to `last` (dates, both included)."""
        return Domain("date_from", "<=", last) & (Domain("date_to", "=", False) | Domain("date_to", ">=", first))

    def _members_by_day(self, days):
        """Who is on these rosters on which day; one query.

        :param days: iterable of ``datetime.date``
        :return: dict (roster id, day) -> set of partner ids
        """
        days = sorted(set(days))
        members = {(roster.id, day): set() for roster in self for day in days}
        if not days:
            return members
        memberships = self.env["spp.session.roster.membership"].search_fetch(
            Domain("roster_id", "in", self.ids) & self._membership_domain(days[0], days[-1]),
            ["roster_id", "partner_id", "date_from", "date_to"],
        )
        for membership in memberships:
            for day in days:
                if membership.date_from <= day and (not membership.date_to or day <= membership.date_to):
                    members[membership.roster_id.id, day].add(membership.partner_id.id)
        return members

    def _holds_by_day(self, days):
        """Whose place on these rosters is on hold on which day; one query.

        :param days: iterable of ``datetime.date``
        :return: dict (roster id, day) -> set of partner ids; days without a hold are left out
        """
        days = sorted(set(days))
        on_hold = {}
        if not days:
            return on_hold
        holds = self.env["spp.session.roster.hold"].search_fetch(
            [("roster_id", "in", self.ids), ("date_from", "<=", days[-1]), ("date_to", ">=", days[0])],
            ["roster_id", "partner_id", "date_from", "date_to"],
        )
        for hold in holds:
            for day in days:
                if hold.date_from <= day <= hold.date_to:
                    on_hold.setdefault((hold.roster_id.id, day), set()).add(hold.partner_id.id)
        return on_hold

    def _after_membership_changed(self, people):
        """Memberships or holds of these rosters changed: open sessions expect who is on the roster on their day, and marks
        count accordingly. People added to a session by hand stay.

        :param people: dict roster id -> set of ids of the people concerned, also of those who left it
        """
        sessions = self.env["spp.session"].search(
            [("roster_id", "in", self.ids), ("state", "in", ("scheduled", "in_progress"))]
        )
        sessions._fill_expected_participants(people)
        marks = self.env["spp.session.attendance"].search(
            Domain.OR(
                Domain("session_id.roster_id", "=", roster.id) & Domain("participant_id", "in", people[roster.id])
                for roster in self
            )
        )
        marks._refresh_standing()

    def action_view_sessions(self):
        """Open the sessions of this roster.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_view")
        return {**action, "domain": [("roster_id", "=", self.id)], "context": {"default_roster_id": self.id}}

    def _prepare_session_values(self, day, start_time, end_time):
        self.ensure_one()
        return {
            "name": f"{self.name} {fields.Date.to_string(day)}",
            "roster_id": self.id,
            "session_type_id": self.session_type_id.id,
            "date": day,
            "start_time": start_time,
            "end_time": end_time,
            "tz": self.tz,
            "facilitator_id": self.facilitator_id.id,
            **(
                {"location_id": self.location_id.id, "location": self.location}
                if self.location
                else {
                    "location_id": self.session_type_id.default_location_id.id,
                    "location": self.session_type_id.default_location,
                }
            ),
            "area_id": self.area_id.id,
            "company_id": self.company_id.id,
        }
