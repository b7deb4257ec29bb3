# Part of the SPP attendance suite. LGPL-3.
"""A session: its plan, its state, and the hooks by which others follow it."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.spp_integrity.clock import database_now

#: The plan. Who facilitates a session changes what happens in it: state, marks, topics and notes.
PLAN_FIELDS = (
    *("name", "session_type_id", "roster_id", "occurrence_datetime", "replaces_session_id", "policy_id"),
    *("date", "start_time", "end_time", "ends_next_day", "tz", "checkin_from", "checkin_until"),
    *("facilitator_id", "co_facilitator_ids", "location_id", "location", "area_id", "company_id"),
    *("expected_participant_ids", "max_participants"),
)


class Session(models.Model):
    _name = "spp.session"
    _description = "Session"
    _inherit = ["mail.thread", "mail.activity.mixin", "spp.guarded.fields.mixin", "spp.session.place", "spp.hooks"]
    _order = "date desc, id desc"
    _check_company_auto = True
    _company_path = "company_id"
    _area_path = "area_id"
    _area_open = (
        "('area_id', '=', False)",
        "('facilitator_id', '=', user.id)",
        "('co_facilitator_ids', 'in', [user.id])",
    )

    _system_fields = (
        *("start_datetime", "end_datetime", "duration_hours", "applied_policy_id"),
        *("submitted_at", "submitted_by_id", "submission_deadline", "lock_datetime", "register_state"),
        *("cancelled_at", "cancelled_by_id", "state_before_cancel"),
    )
    _group_fields = {"spp_session_tracking.group_session_manager": PLAN_FIELDS}
    #: Why a session was cancelled is said when it is.
    _frozen_fields = ("cancel_reason_id", "cancel_note")
    _MOVES = {
        "scheduled": {"in_progress", "cancelled"},
        "in_progress": {"completed", "cancelled"},
        "completed": set(),
        "cancelled": set(),
    }

    name = fields.Char(required=True, tracking=True)
    session_type_id = fields.Many2one(
        "spp.session.type",
        required=True,
        ondelete="restrict",
        index=True,
        tracking=True,
        check_company=True,
    )
    roster_id = fields.Many2one(
        "spp.session.roster",
        compute="_compute_roster_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        check_company=True,
    )
    occurrence_datetime = fields.Datetime(
        "Planned For",
        readonly=True,
        copy=False,
        help="When the roster's series planned this session. It stays when the session is moved or cancelled, so that "
        "generating again does not plan it twice.",
    )
    checkin_from = fields.Datetime(
        "Check-in Opens", compute="_compute_checkin", store=True, readonly=False, precompute=True, copy=False
    )
    checkin_until = fields.Datetime(
        "Check-in Closes", compute="_compute_checkin", store=True, readonly=False, precompute=True, copy=False
    )
    checkin_period = fields.Char(
        "Check-in", compute="_compute_checkin_period", help="In the time zone of the session, both ends included."
    )
    facilitator_id = fields.Many2one(
        "res.users",
        required=True,
        ondelete="restrict",
        index=True,
        default=lambda self: self.env.user,
        tracking=True,
    )
    co_facilitator_ids = fields.Many2many(
        "res.users", "session_co_facilitator_rel", "session_id", "user_id", "Co-Facilitators"
    )
    location_id = fields.Many2one(
        "spp.session.location",
        "Place",
        compute="_compute_location",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="restrict",
        index="btree_not_null",
        check_company=True,
    )
    location = fields.Char(
        compute="_compute_location",
        store=True,
        readonly=False,
        precompute=True,
        help="The name of the place, or any text.",
    )
    area_id = fields.Many2one(
        "spp.area", compute="_compute_area_id", store=True, readonly=False, precompute=True, index="btree_not_null"
    )
    topic_ids = fields.Many2many("spp.session.topic", "session_topic_rel", "session_id", "topic_id", "Topics Covered")
    attendance_ids = fields.One2many("spp.session.attendance", "session_id", "Attendance Records")
    state = fields.Selection(
        [
            ("scheduled", "Scheduled"),
            ("in_progress", "In Progress"),
            ("completed", "Completed"),
            ("cancelled", "Cancelled"),
        ],
        default="scheduled",
        required=True,
        tracking=True,
        group_expand=True,
    )
    notes = fields.Text()
    company_id = fields.Many2one("res.company", ondelete="restrict", index=True, default=lambda self: self.env.company)

    _occurrence_unique = models.UniqueIndex(
        "(roster_id, occurrence_datetime) WHERE roster_id IS NOT NULL AND occurrence_datetime IS NOT NULL",
        "The roster has a session planned for this time already.",
    )
    _open_checkin = models.Index("(checkin_until) WHERE state IN ('scheduled', 'in_progress')")
    _checkin_in_order = models.Constraint(
        "CHECK (checkin_from IS NULL OR checkin_until IS NULL OR checkin_from <= checkin_until)",
        "Check-in cannot close before it opens: check the two times.",
    )

    # --- what a new session takes from its type and roster

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
        """A new session takes place where its roster does, else where its type does; what was chosen by hand stays."""
        typed = {location for location in self.mapped("location") if location}
        suggested = set()
        if typed:
            for model, name in (("spp.session.type", "default_location"), ("spp.session.roster", "location")):
                suggested.update(self.env[model].search_fetch([(name, "in", list(typed))], [name]).mapped(name))
        for session in self:
            place, text = session.location_id, session.location
            if not session._origin.id and (not text or text in suggested):
                roster, session_type = session.roster_id, session.session_type_id
                if roster.location:
                    place, text = roster.location_id, roster.location
                else:
                    place, text = session_type.default_location_id, session_type.default_location
            session.location_id, session.location = place, text

    @api.onchange("location_id")
    def _onchange_location_id(self):
        """The text follows the place."""
        if self.location_id:
            self.location = self.location_id.name

    @api.depends("roster_id", "location_id")
    def _compute_area_id(self):
        """A new session belongs to the area of its roster, else of its place, unless another one was chosen."""
        for session in self:
            area = session.area_id
            if not area and not session._origin.id:
                area = session.roster_id.area_id or session.location_id.area_id
            session.area_id = area

    # --- check-in

    @api.depends(
        "start_datetime", "applied_policy_id.checkin_before_minutes", "applied_policy_id.checkin_after_minutes"
    )
    def _compute_checkin(self):
        for session in self:
            start, policy = session.start_datetime, session.applied_policy_id
            session.checkin_from = start and start - timedelta(minutes=policy.checkin_before_minutes)
            session.checkin_until = start and start + timedelta(minutes=policy.checkin_after_minutes)

    @api.depends("checkin_from", "checkin_until", "date", "tz")
    def _compute_checkin_period(self):
        for session in self:
            session.checkin_period = (
                self.env._(
                    "%(first)s to %(last)s",
                    first=session._local_time_text(session.checkin_from),
                    last=session._local_time_text(session.checkin_until),
                )
                if session.checkin_from and session.checkin_until
                else False
            )

    # --- constraints and CRUD

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

    def _settled(self):
        return self.filtered(lambda session: session.state == "cancelled")

    @api.model
    def _guarded_message(self, name):
        if self._guarded_fields()[name] == "system":
            return super()._guarded_message(name)
        return self.env._(
            "%s is changed by session managers: ask one to do it.", self._fields[name]._description_string(self.env)
        )

    @api.model_create_multi
    def create(self, vals_list):
        with self._collect_hooks():
            sessions = super().create(self._new_with_places(vals_list))
            sessions._call_hook("_after_plan_changed", {session.id: {} for session in sessions})
            sessions.filtered("roster_id")._fill_expected_participants()
        return sessions

    def write(self, vals):
        """Write, with what belongs to a move: who completes a session submits its register, a cancelled one says by whom.

        What others do then is in the hooks ``_after_...``.

        :raise UserError: when a session cannot move to the state asked for; as `action_submit` when it is completed
        """
        parts = self._split_by_place(vals)
        if len(parts) > 1:
            with self._collect_hooks():
                for sessions, values in parts:
                    sessions.write(values)
            return True
        ((_everything, vals),) = parts
        target = vals.get("state")
        # the stamps are written by the system alone, together with the state that they belong to
        is_submission, is_undo = "submitted_at" in vals, "state_before_cancel" in vals
        if target and not is_undo:
            self._check_move(target)
        with self._collect_hooks():
            before = self._before_change(vals)
            if target == "completed" and not is_submission:
                if rest := {name: value for name, value in vals.items() if name != "state"}:
                    super().write(rest)
                self.action_submit()
            else:
                cancelled = (
                    self.filtered(lambda session: session.state != target) if target == "cancelled" else self.browse()
                )
                by_state = cancelled.grouped("state")
                super().write(vals)
                for state, sessions in by_state.items():
                    # sudo: who cancelled, and when, is nobody's to write
                    super(Session, sessions.sudo()).write(
                        {
                            "state_before_cancel": state,
                            "cancelled_at": database_now(self.env),
                            "cancelled_by_id": self.env.uid,
                        }
                    )
            if not {"roster_id", "date"}.isdisjoint(vals):
                self.filtered(
                    lambda session: session.roster_id and session.state in ("scheduled", "in_progress")
                )._fill_expected_participants()
            self._call_hooks_of_change(before)
        return True

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        if submitted := self.filtered("submitted_at"):
            raise UserError(
                self.env._(
                    "The register of %s is submitted and others rely on it: correct its marks instead of deleting it.",
                    submitted[0].display_name,
                )
            )

    def _check_move(self, target):
        stuck = self.filtered(lambda session: session.state != target and target not in self._MOVES[session.state])
        if stuck:
            states = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(session)s is %(current)s and cannot become %(target)s.",
                    session=stuck[0].display_name,
                    current=states[stuck[0].state].lower(),
                    target=states[target].lower(),
                )
            )

    # --- hooks

    def _before_submit(self):
        """These registers are about to be submitted: everything that makes marks by itself makes them now."""

    def _after_submit(self):
        """These registers were submitted; `_after_marks_changed` is called for them too."""

    def _after_cancel(self):
        """These sessions were cancelled."""

    def _after_undo_cancel(self):
        """Cancelling these sessions was taken back: they are planned or running again."""

    def _after_unlock(self):
        """The locked registers of these sessions were opened for some hours."""

    def _after_plan_changed(self, former):
        """These sessions were planned, or their plan changed.

        :param former: dict session id -> dict of the fields that changed -> their former values (records, dates, numbers,
            texts); empty for new sessions
        """

    def _after_marks_changed(self, people):
        """What the marks of these sessions count for may have changed: marks were made, changed or removed, somebody was
        expected or not, a register was submitted, or the plan of a submitted one changed.

        :param people: dict session id -> set of ids of the people concerned, also of those whose mark is gone
        """

    def _before_change(self, vals):
        """What the hooks have to know after a write of `vals`: dict session id -> state, submission and plan."""
        concerned = {*PLAN_FIELDS, "state", "submitted_at"} & vals.keys()
        return self._former_values(concerned and concerned | {"state", "submitted_at"})

    def _call_hooks_of_change(self, before):
        """Call the hooks that these sessions' changes call for.

        :param before: as of `_before_change`
        """
        changed = self._changed_since(before)
        sessions = self.browse(changed)
        plans = {
            session_id: {name: value for name, value in values.items() if name in PLAN_FIELDS}
            for session_id, values in changed.items()
        }
        planned = sessions.filtered(lambda session: plans[session.id])
        planned._call_hook("_after_plan_changed", plans)
        # sudo: the hooks do what the system does, whoever has changed the session
        sudo = sessions.sudo()
        submitted = sudo.filtered(lambda session: session.submitted_at and "submitted_at" in changed[session.id])
        submitted._call_hook("_after_submit")
        moved = sudo.filtered(lambda session: "state" in changed[session.id])
        moved.filtered(lambda session: session.state == "cancelled")._call_hook("_after_cancel")
        moved.filtered(lambda session: changed[session.id]["state"] == "cancelled")._call_hook("_after_undo_cancel")
        # marks of submitted registers count by what the plan says
        sudo.filtered(lambda session: session.submitted_at or before[session.id]["submitted_at"])._call_hook_of_marks()

    def _call_hook_of_marks(self):
        """What all marks of these sessions count for may have changed."""
        if not self:
            return
        # whose marks these are does not depend on what the user sees
        # sudo: marks that the user may not see count too
        people = {
            session.id: set(partner_ids)
            for session, partner_ids in self.env["spp.session.attendance"]
            .sudo()
            ._read_group([("session_id", "in", self.ids)], ["session_id"], ["participant_id:array_agg"])
        }
        self.browse(people)._call_hook("_after_marks_changed", people)

    # --- actions

    def action_start(self):
        """Move scheduled sessions to in progress.

        :raise UserError: when one of them is not scheduled.
        """
        self.write({"state": "in_progress"})

    def action_complete(self):
        """Complete sessions in progress and submit their registers.

        :raise UserError: when one of them is not in progress.
        """
        self._check_move("completed")
        self.action_submit()

    def action_cancel(self):
        """Cancel scheduled or running sessions: they count for nobody.

        :raise UserError: when one of them is completed.
        """
        self.write({"state": "cancelled"})
