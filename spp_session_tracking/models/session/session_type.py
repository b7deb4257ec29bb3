# Part of the SPP attendance suite. LGPL-3.
"""Kinds of sessions, and what new sessions take from them."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..mixins.session_place import PLACED


class SessionType(models.Model):
    _name = "spp.session.type"
    _description = "Session Type"
    _inherit = ["mail.thread", "spp.session.place", "spp.hooks"]
    _traced = True
    _order = "name, id"
    _company_path = "company_id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(index="btree_not_null", copy=False, tracking=True)
    description = fields.Text(translate=True)
    active = fields.Boolean(default=True, tracking=True)
    frequency = fields.Selection(
        [
            ("weekly", "Weekly"),
            ("biweekly", "Bi-weekly"),
            ("monthly", "Monthly"),
            ("quarterly", "Quarterly"),
            ("one_time", "One-time"),
        ],
        default="monthly",
    )
    required_attendance_percentage = fields.Float(
        "Required Attendance (%)",
        default=80.0,
        help="80: 80 % of the sessions; 100: all of them; 0: no requirement.",
        tracking=True,
    )
    required_attendance_pct = fields.Float(
        "Required Attendance (alias)",
        related="required_attendance_percentage",
        readonly=False,
        help="The same value under its older name.",
    )
    duration_hours = fields.Float("Duration (Hours)", default=2.0)
    track_topics = fields.Boolean()
    topic_ids = fields.One2many("spp.session.topic", "session_type_id", "Topics", copy=True)
    default_location_id = fields.Many2one(
        "spp.session.location",
        "Default Place",
        ondelete="restrict",
        index="btree_not_null",
        help="New sessions of this type take place here, unless their roster says where.",
    )
    default_location = fields.Char(help="New sessions of this type take place here, unless their roster says where.")
    default_roster_id = fields.Many2one(
        "spp.session.roster",
        ondelete="set null",
        index="btree_not_null",
        domain="[('session_type_id', '=', id)]",
        help="New sessions of this type expect the people of this roster.",
    )
    policy_id = fields.Many2one("spp.session.policy", ondelete="restrict", tracking=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, tracking=True)
    session_count = fields.Integer(compute="_compute_session_count")

    _code_unique = models.Constraint("UNIQUE (code)", "Another session type already uses this code.")
    _percentage_range = models.Constraint(
        "CHECK (required_attendance_percentage >= 0 AND required_attendance_percentage <= 100)",
        "The required attendance is a percentage from 0 to 100.",
    )

    _duration_range = models.Constraint(
        "CHECK (duration_hours >= 0 AND duration_hours <= 1000)",
        "The duration of a session type is a number of hours from 0 to 1000.",
    )

    def _compute_session_count(self):
        counts = dict(
            self.env["spp.session"]._read_group([("session_type_id", "in", self.ids)], ["session_type_id"], ["__count"])
        )
        for session_type in self:
            session_type.session_count = counts.get(session_type._origin, 0)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = self._new_with_places([self._normalise_code(vals) for vals in vals_list])
        with self._collect_hooks():
            session_types = super().create(vals_list)
            session_types._call_hook("_after_change", {session_type.id: {} for session_type in session_types})
        return session_types

    def write(self, vals):
        former = self._former_values({*vals, *PLACED[self._name]})
        with self._collect_hooks():
            for session_types, values in self._split_by_place(self._normalise_code(vals)):
                super(SessionType, session_types).write(values)
            changed = self._changed_since(former)
            self.browse(changed)._call_hook("_after_change", changed)
        return True

    @api.onchange("default_location_id")
    def _onchange_default_location_id(self):
        """The text follows the place."""
        if self.default_location_id:
            self.default_location = self.default_location_id.name

    def _after_change(self, former):
        """These types were created or changed.

        :param former: dict type id -> dict of the fields that changed -> their former values; empty for new types
        """

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        if "name" not in (default or {}):
            for session_type, vals in zip(self, vals_list, strict=True):
                vals["name"] = self.env._("%s (copy)", session_type.name)
        return vals_list

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """Sessions, rosters and announced absences keep their type: a used one can be archived."""
        uses = {}
        for model in ("spp.session", "spp.session.roster", "spp.session.absence"):
            # sudo: nobody may delete what is used where he or she sees nothing
            for session_type, count in (
                self.env[model]
                .sudo()
                .with_context(active_test=False)
                ._read_group([("session_type_id", "in", self.ids)], ["session_type_id"], ["__count"])
            ):
                uses.setdefault(session_type.id, {})[model] = count
        for session_type in self:
            used = uses.get(session_type.id)
            if used:
                raise UserError(
                    self.env._(
                        "%(name)s is in use (sessions: %(sessions)s, rosters: %(rosters)s, announced absences: "
                        "%(absences)s): archive it instead.",
                        name=session_type.name,
                        sessions=used.get("spp.session", 0),
                        rosters=used.get("spp.session.roster", 0),
                        absences=used.get("spp.session.absence", 0),
                    )
                )

    @api.model
    def _normalise_code(self, vals):
        """An empty code is no code: several types may have none."""
        return {**vals, "code": vals["code"] or False} if "code" in vals else vals

    def action_view_sessions(self):
        """Open the sessions of this type.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_view")
        return {
            **action,
            "domain": [("session_type_id", "=", self.id)],
            "context": {"default_session_type_id": self.id},
        }

    def action_view_topics(self):
        """Open the topics of this type, archived ones too.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_session_tracking.action_session_topic")
        return {
            **action,
            "domain": [("session_type_id", "=", self.id)],
            "context": {"active_test": False, "default_session_type_id": self.id},
        }
