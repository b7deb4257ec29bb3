# Part of the SPP attendance suite. LGPL-3.
"""How somebody gets into a program, pauses and leaves, on the word of a person or by the criteria of eligibility."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from . import constants

CYCLE_MEMBERSHIP_STATES = [
    ("draft", "Draft"),
    ("enrolled", "Enrolled"),
    ("paused", "Paused"),
    ("exited", "Exited"),
    ("not_eligible", "Not Eligible"),
    ("non_compliant", "Non-Compliant"),
]


class ProgramMembership(models.Model):
    _name = "spp.program.membership"
    _description = "Program Membership"
    _inherit = ["mail.thread", "spp.bulk.membership.mixin"]
    _inherits = {"res.partner": "partner_id"}
    _order = "id desc"

    _bulk_parent = "program_id"

    partner_id = fields.Many2one(
        "res.partner",
        string="Beneficiary",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("is_registrant", "=", True)],
    )
    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="restrict")
    registrant_id = fields.Integer(string="Registrant ID", related="partner_id.id")
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("enrolled", "Enrolled"),
            ("paused", "Paused"),
            ("exited", "Exited"),
            ("not_eligible", "Not Eligible"),
            ("duplicated", "Duplicated"),
        ],
        string="Status",
        default="draft",
        copy=False,
        tracking=True,
    )
    enrollment_date = fields.Datetime(compute="_compute_enrollment_date", store=True, readonly=True)
    exit_date = fields.Date(copy=False)
    exit_reason = fields.Char(copy=False)
    latest_cycle_state = fields.Selection(
        CYCLE_MEMBERSHIP_STATES, string="Cycle Status", compute="_compute_latest_cycle_state"
    )

    _partner_program_unique = models.Constraint(
        "UNIQUE(partner_id, program_id)", "This registrant is a member of the program already."
    )
    _program_state_idx = models.Index("(program_id, state)")

    @api.depends("state")
    def _compute_enrollment_date(self):
        now = fields.Datetime.now()
        for membership in self:
            if membership.state == "enrolled" and not membership.enrollment_date:
                membership.enrollment_date = now
            else:
                membership.enrollment_date = membership.enrollment_date

    def _compute_latest_cycle_state(self):
        latest = {}
        if self.ids:
            self.env["spp.cycle.membership"].flush_model(["partner_id", "cycle_id", "state"])
            latest = dict(
                self.env.execute_query(
                    SQL(
                        """
                        SELECT DISTINCT ON (m.id) m.id, cm.state
                          FROM spp_program_membership m
                          JOIN spp_cycle c ON c.program_id = m.program_id
                          JOIN spp_cycle_membership cm ON cm.cycle_id = c.id AND cm.partner_id = m.partner_id
                         WHERE m.id IN %s
                      ORDER BY m.id, cm.id DESC
                        """,
                        tuple(self.ids),
                    )
                )
            )
        for membership in self:
            membership.latest_cycle_state = latest.get(membership._origin.id, False)

    @api.depends("partner_id", "program_id")
    def _compute_display_name(self):
        for membership in self:
            membership.display_name = f"[{membership.program_id.name or ''}] {membership.partner_id.name or ''}"

    def _prepare_create_values(self, vals_list):
        # The properties of an existing registrant would be written back to him: a write per membership
        # that an officer of programs may not even make.
        prepared = super()._prepare_create_values(vals_list)
        inherited = {name for name, field in self._fields.items() if field.inherited and field.type == "properties"}
        for given, vals in zip(vals_list, prepared, strict=True):
            if given.get("partner_id"):
                for name in inherited - given.keys():
                    vals.pop(name, None)
        return prepared

    @api.model
    def _bulk_enrollment_date(self, state):
        return fields.Datetime.now() if state == "enrolled" else None

    # Actions ----------------------------------------------------------------------------------------------------

    def action_pause(self):
        """Pause enrolled memberships.

        :raise UserError: one of them is not enrolled
        """
        self._move({"enrolled"}, {"state": "paused"}, self.env._("Only enrolled memberships can be paused."))

    def action_resume(self):
        """Enrol paused memberships again.

        :raise UserError: one of them is not paused
        """
        self._move({"paused"}, {"state": "enrolled"}, self.env._("Only paused memberships can be resumed."))

    def action_exit(self):
        """End enrolled or paused memberships today.

        :raise UserError: one of them is neither enrolled nor paused
        """
        self._move(
            {"enrolled", "paused"},
            {"state": "exited", "exit_date": fields.Date.context_today(self)},
            self.env._("Only enrolled or paused memberships can be exited."),
        )

    def back_to_draft(self):
        """Return duplicated or not eligible memberships to draft.

        :raise UserError: one of them is in another state
        """
        self._move(
            {"duplicated", "not_eligible"},
            {"state": "draft"},
            self.env._("Only duplicated or not eligible memberships can be returned to draft."),
        )

    def _move(self, sources, vals, refusal):
        if any(membership.state not in sources for membership in self):
            raise UserError(refusal)
        self.write(vals)

    def enroll_eligible_registrants(self):
        """Enrol those of the memberships who fulfil the criteria of their program.

        Exited, paused and duplicated memberships are left alone.
        """
        self._apply_eligibility(enroll=True)

    def verify_eligibility(self):
        """Mark those of the memberships who no longer fulfil the criteria of their program as not eligible."""
        self._apply_eligibility(enroll=False)

    @api.private
    def filter_eligible(self):
        """Return those of the memberships, all of one program, who pass every eligibility manager."""
        eligible = self
        for manager in self.program_id.get_managers(constants.MANAGER_ELIGIBILITY) if self else ():
            eligible = manager.enroll_eligible_registrants(eligible)
        return eligible

    def _apply_eligibility(self, enroll):
        open_memberships = self.filtered(lambda rec: rec.state not in constants.PROTECTED_MEMBERSHIP_STATES)
        for program, memberships in open_memberships.grouped("program_id").items():
            eligible = memberships.filter_eligible()
            if enroll:
                eligible._enroll(program)
            (memberships - eligible).write({"state": "not_eligible"})

    def _enroll(self, program):
        """Set memberships of one program to enrolled, with the hooks of the program around it."""
        joining = self.filtered(lambda rec: rec.state != "enrolled")
        if joining:
            program._pre_enrollment_hook(joining.partner_id)
            joining.write({"state": "enrolled"})
            program._post_enrollment_hook(joining.partner_id)

    def open_registrant_form(self):
        """Show the registrant behind the membership."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "res_id": self.partner_id.id,
            "views": [(self.env.ref("spp_registry.view_individuals_form").id, "form")],
        }

    def action_view_cycle_memberships(self):
        """Show the cycles the registrant takes part in within this program."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cycles of %s", self.partner_id.name),
            "res_model": "spp.cycle.membership",
            "view_mode": "list,form",
            "domain": [("partner_id", "=", self.partner_id.id), ("cycle_id.program_id", "=", self.program_id.id)],
        }
