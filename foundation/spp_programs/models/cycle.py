# Part of the SPP attendance suite. LGPL-3.
"""A cycle of a program: who is in it, what is prepared for them, and who decides about it on the way to its end."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from . import constants
from .roles import has_role, is_spp_admin

FILTERING_MECHANISMS = ("0", "1", "2")
FILTERING_PARAMETERS = (
    "spp_programs_compliance_criteria.beneficiaries_automated_filtering_mechanism",
    "spp_programs.beneficiaries_automated_filtering_mechanism",
)


class Cycle(models.Model):
    _name = "spp.cycle"
    _description = "Cycle"
    _inherit = ["mail.thread", "mail.activity.mixin", "spp.operation.lock.mixin", "spp.paging.mixin"]
    _order = "sequence asc, id"
    _check_company_auto = True

    _paging_field = "cycle_id"

    STATE_DRAFT = constants.STATE_DRAFT
    STATE_TO_APPROVE = constants.STATE_TO_APPROVE
    STATE_APPROVED = constants.STATE_APPROVED
    STATE_CANCELED = constants.STATE_CANCELLED
    STATE_DISTRIBUTED = constants.STATE_DISTRIBUTED
    STATE_ENDED = constants.STATE_ENDED

    # States between which anyone with write access may move a cycle
    _OPEN_STATES = (constants.STATE_DRAFT, constants.STATE_TO_APPROVE)

    name = fields.Char(required=True, tracking=True)
    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)
    currency_id = fields.Many2one(related="program_id.currency_id", store=True)
    sequence = fields.Integer(required=True, readonly=True, default=1)
    start_date = fields.Date(required=True, tracking=True)
    end_date = fields.Date(required=True, tracking=True)
    state = fields.Selection(
        [
            (STATE_DRAFT, "Draft"),
            (STATE_TO_APPROVE, "To Approve"),
            (STATE_APPROVED, "Approved"),
            (STATE_DISTRIBUTED, "Distributed"),
            (STATE_CANCELED, "Canceled"),
            (STATE_ENDED, "Ended"),
        ],
        default=STATE_DRAFT,
        copy=False,
        tracking=True,
    )
    auto_approve_entitlements = fields.Boolean(string="Auto-approve Entitlements")
    approved_date = fields.Datetime(string="Approved On", readonly=True, copy=False)
    approved_by = fields.Many2one("res.users", readonly=True, copy=False)

    cycle_membership_ids = fields.One2many("spp.cycle.membership", "cycle_id", string="Cycle Memberships")
    entitlement_ids = fields.One2many("spp.entitlement", "cycle_id", string="Entitlements")
    inkind_entitlement_ids = fields.One2many("spp.entitlement.inkind", "cycle_id", string="In-Kind Entitlements")

    members_count = fields.Integer(string="# Beneficiaries", compute="_compute_members_count")
    all_members_count = fields.Integer(string="# Enrollments", compute="_compute_members_count")
    entitlements_count = fields.Integer(string="# Entitlements", compute="_compute_entitlements")
    inkind_entitlements_count = fields.Integer(string="# In-Kind Entitlements", compute="_compute_entitlements")
    total_entitlements_count = fields.Integer(string="# All Entitlements", compute="_compute_entitlements")
    total_amount = fields.Float(compute="_compute_entitlements")
    show_approve_entitlements_button = fields.Boolean(compute="_compute_entitlements")
    all_entitlements_approved = fields.Boolean(compute="_compute_entitlements")

    allow_filter_compliance_criteria = fields.Boolean(compute="_compute_allow_filter_compliance_criteria")
    compliance_criteria_applied = fields.Boolean(copy=False)

    _program_name_unique = models.Constraint(
        "UNIQUE(program_id, name)", "The program has a cycle with this name already. Choose a different one."
    )
    _state_end_idx = models.Index("(state, end_date)")

    @api.depends("cycle_membership_ids.state")
    def _compute_members_count(self):
        total, enrolled = {}, {}
        for cycle, state, count in self.env["spp.cycle.membership"]._read_group(
            [("cycle_id", "in", self.ids)], ["cycle_id", "state"], ["__count"]
        ):
            total[cycle.id] = total.get(cycle.id, 0) + count
            if state == "enrolled":
                enrolled[cycle.id] = count
        for cycle in self:
            cycle.members_count = enrolled.get(cycle._origin.id, 0)
            cycle.all_members_count = total.get(cycle._origin.id, 0)

    @api.depends("entitlement_ids.state", "entitlement_ids.initial_amount", "inkind_entitlement_ids.state")
    def _compute_entitlements(self):
        cash, inkind, amounts, undecided, pending = {}, {}, {}, set(), set()
        for cycle, state, count, amount in self.env["spp.entitlement"]._read_group(
            [("cycle_id", "in", self.ids)], ["cycle_id", "state"], ["__count", "initial_amount:sum"]
        ):
            cash[cycle.id] = cash.get(cycle.id, 0) + count
            amounts[cycle.id] = amounts.get(cycle.id, 0.0) + amount
            undecided.update(cycle.ids if state in ("draft", "pending_validation") else ())
            pending.update(cycle.ids if state == "pending_validation" else ())
        for cycle, state, count in self.env["spp.entitlement.inkind"]._read_group(
            [("cycle_id", "in", self.ids)], ["cycle_id", "state"], ["__count"]
        ):
            inkind[cycle.id] = inkind.get(cycle.id, 0) + count
            undecided.update(cycle.ids if state in ("draft", "pending_validation") else ())
            pending.update(cycle.ids if state == "pending_validation" else ())
        for cycle in self:
            cycle_id = cycle._origin.id
            cycle.entitlements_count = cash.get(cycle_id, 0)
            cycle.inkind_entitlements_count = inkind.get(cycle_id, 0)
            cycle.total_entitlements_count = cycle.entitlements_count + cycle.inkind_entitlements_count
            cycle.total_amount = amounts.get(cycle_id, 0.0)
            cycle.show_approve_entitlements_button = cycle_id in pending
            cycle.all_entitlements_approved = bool(cycle.total_entitlements_count) and cycle_id not in undecided

    @api.depends("program_id.compliance_manager_ids")
    def _compute_allow_filter_compliance_criteria(self):
        for cycle in self:
            cycle.allow_filter_compliance_criteria = bool(cycle.program_id.compliance_manager_ids)

    @api.constrains("start_date", "end_date")
    def _check_end_date(self):
        if any(cycle.end_date < cycle.start_date for cycle in self):
            raise ValidationError(self.env._("A cycle cannot end before it starts. Choose a later end date."))

    def _check_start_date(self):
        """Refuse cycles that start in the past. Not a constraint: those run in superuser mode.

        :raise ValidationError: one of them does, and this is no import of history
        """
        if self._is_historical_import():
            return
        today = min(fields.Date.today(), fields.Date.context_today(self))
        if any(cycle.start_date < today for cycle in self):
            raise ValidationError(self.env._("A cycle cannot start in the past. Choose today or a later day."))

    def _is_historical_import(self):
        """Tell whether past cycles may be loaded: administrators only, and only when they ask for it."""
        return bool(self.env.context.get("spp_historical_import")) and is_spp_admin(self.env)

    @api.model_create_multi
    def create(self, vals_list):
        for state in {vals.get("state") or self.STATE_DRAFT for vals in vals_list}:
            self._check_may_reach_state(state)
        cycles = super().create(vals_list)
        cycles._check_start_date()
        return cycles

    def write(self, vals):
        if state := vals.get("state"):
            self.filtered(lambda cycle: cycle.state != state)._check_may_reach_state(state)
        result = super().write(vals)
        if "start_date" in vals:
            self._check_start_date()
        return result

    def _check_may_reach_state(self, state):
        """Refuse decisions about a cycle to those who may only prepare it.

        :param str state: the state the cycles are about to get
        :raise AccessError: the user is neither cycle approver nor program manager
        """
        if state in self._OPEN_STATES and all(cycle.state in self._OPEN_STATES for cycle in self):
            return
        if not has_role(self.env, "manager", "cycle_approver"):
            raise AccessError(
                self.env._("You are not allowed to decide on cycles. Ask a cycle approver or a program manager.")
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        for cycle in self:
            if cycle.state not in (self.STATE_DRAFT, self.STATE_CANCELED) or cycle.all_members_count:
                raise UserError(
                    self.env._("%s has members or has been approved. Cancel it instead of deleting it.", cycle.name)
                )

    # Beneficiaries and entitlements -----------------------------------------------------------------------------

    @api.private
    def get_beneficiaries(
        self, state=None, offset=0, limit=None, order=None, count=False, last_id=None, min_id=None, max_id=None
    ):
        """Return cycle memberships, or how many there are.

        :param state: one state or several; all of them when empty
        :param int last_id: only ids above it, in id order
        :param int min_id: only ids from here on
        :param int max_id: only ids up to here
        :rtype: recordset of spp.cycle.membership, or int with ``count``
        """
        return self._page("spp.cycle.membership", state, offset, limit, order, count, last_id, min_id, max_id)

    @api.private
    def get_entitlements(
        self,
        state=None,
        entitlement_model="spp.entitlement",
        offset=0,
        limit=None,
        order=None,
        count=False,
        last_id=None,
        min_id=None,
        max_id=None,
    ):
        """Return the entitlements of the cycle, or how many there are.

        :param state: one state or several; all of them when empty
        :param str entitlement_model: ``spp.entitlement`` or ``spp.entitlement.inkind``
        :rtype: recordset of that model, or int with ``count``
        """
        return self._page(entitlement_model, state, offset, limit, order, count, last_id, min_id, max_id)

    def copy_beneficiaries_from_program(self):
        """Add everybody who is enrolled in the program and not yet in the cycle.

        :raise UserError: the cycle is no draft any more
        """
        self.ensure_one()
        if self.state != self.STATE_DRAFT:
            raise UserError(self.env._("Beneficiaries can only be added while the cycle is a draft."))
        return self._get_cycle_manager().copy_beneficiaries_from_program(self)

    def check_eligibility(self, beneficiaries=None):
        """Check the members against the eligibility criteria of the program.

        :param beneficiaries: cycle memberships; by default all that are draft, enrolled or not eligible
        """
        self.ensure_one()
        return self._get_cycle_manager().check_eligibility(self, beneficiaries)

    def action_prepare_entitlement(self):
        """Prepare entitlements; ask first when the program has compliance criteria that were not applied."""
        self.ensure_one()
        if self.allow_filter_compliance_criteria and not self.compliance_criteria_applied:
            wizard = self.env["spp.prepare.entitlement.confirm.wizard"].create({"cycle_id": self.id})
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Prepare Entitlements"),
                "res_model": wizard._name,
                "res_id": wizard.id,
                "view_mode": "form",
                "target": "new",
            }
        return self.prepare_entitlement()

    def prepare_entitlement(self):
        """Create an entitlement for every enrolled member who has none yet.

        :raise UserError: the cycle has been distributed, ended or cancelled
        """
        self.ensure_one()
        if self.state not in (*self._OPEN_STATES, self.STATE_APPROVED):
            raise UserError(self.env._("%s is closed; nothing more can be prepared for it.", self.name))
        return self._get_cycle_manager().prepare_entitlements(self)

    def validate_entitlement(self):
        """Approve every draft or pending entitlement of the cycle.

        :raise ValidationError: the cycle has not been approved
        :raise AccessError: the user holds no approving role
        """
        self.ensure_one()
        return self._get_entitlement_manager().validate_entitlements(self)

    def reject_all_entitlements(self):
        """Reject every pending entitlement of the cycle.

        :raise AccessError: the user holds no rejecting role
        """
        self.ensure_one()
        for model in ("spp.entitlement", "spp.entitlement.inkind"):
            self.get_entitlements("pending_validation", entitlement_model=model).reject_entitlement()

    def _get_cycle_manager(self):
        return self.program_id._require_manager(constants.MANAGER_CYCLE)

    def _get_entitlement_manager(self):
        return self.program_id._require_manager(constants.MANAGER_ENTITLEMENT)

    def refresh_statistics(self):
        """Forget the counters so that the next reader sees rows written by SQL."""
        self.invalidate_recordset(
            [
                "cycle_membership_ids",
                "members_count",
                "all_members_count",
                "entitlement_ids",
                "inkind_entitlement_ids",
                "entitlements_count",
                "inkind_entitlements_count",
                "total_entitlements_count",
                "total_amount",
                "show_approve_entitlements_button",
                "all_entitlements_approved",
            ]
        )

    # Compliance -------------------------------------------------------------------------------------------------

    @api.model
    def _get_filtering_mechanism(self):
        """Return when compliance is applied without a click.

        :return: "0" never, "1" when members are added, "2" when entitlements are prepared
        """
        # sudo: settings of the system, which users may not read
        parameters_sudo = self.env["ir.config_parameter"].sudo()
        for name in FILTERING_PARAMETERS:
            if (value := parameters_sudo.get_param(name)) in FILTERING_MECHANISMS[1:]:
                return value
        return "0"

    def _get_compliance_criteria_domain(self):
        """Return whom the compliance managers of the program accept.

        :return: list domain on res.partner; ``[]`` accepts everybody
        """
        self.ensure_one()
        managers = [wrapper.manager_ref_id for wrapper in self.program_id.compliance_manager_ids]
        domains = [manager.get_compliance_domain() for manager in managers if manager]
        if len(domains) == 1:
            return domains[0]
        return list(Domain.OR(filter(None, domains))) if any(domains) else []

    def _filter_compliant_partners(self, partners):
        """Return those of the partners who fulfil the compliance criteria.

        The criteria may look at data the user cannot read, hence sudo; only given partners come back.

        :param partners: recordset of res.partner
        """
        self.ensure_one()
        domain = self._get_compliance_criteria_domain()
        if not domain:
            return partners
        # sudo: criteria may look at data that the user may not read; only who passes is returned
        compliant_sudo = self.env["res.partner"].sudo().search(Domain("id", "in", partners.ids) & Domain(domain))
        return compliant_sudo.sudo(self.env.su)

    def action_filter_beneficiaries_by_compliance_criteria(self):
        """Set members who fulfil the criteria to enrolled and all others to non-compliant, whatever they were.

        :raise ValidationError: the program has no compliance criteria
        :raise AccessError: the user is no program manager
        """
        for cycle in self:
            if not cycle.allow_filter_compliance_criteria:
                raise ValidationError(
                    self.env._("%s has no compliance criteria to filter by. Add some to its program first.", cycle.name)
                )
            if cycle.state not in cycle._OPEN_STATES or not cycle.cycle_membership_ids:
                continue
            if not has_role(self.env, "manager"):
                raise AccessError(self.env._("Only program managers can apply compliance criteria."))
            compliant = cycle._filter_compliant_partners(cycle.cycle_membership_ids.partner_id)
            cycle._apply_compliance(compliant)
            cycle.compliance_criteria_applied = True

    def _apply_compliance(self, compliant):
        """Write the outcome of the criteria to the memberships.

        :param compliant: recordset of res.partner
        """
        memberships = self.cycle_membership_ids
        compliant_ids = set(compliant.ids)
        passed = memberships.filtered(lambda membership: membership.partner_id.id in compliant_ids)
        passed.filtered(lambda membership: membership.state != "enrolled").write({"state": "enrolled"})
        failed = memberships - passed
        failed.filtered(lambda membership: membership.state != "non_compliant").write({"state": "non_compliant"})

    # Life of the cycle ------------------------------------------------------------------------------------------

    def action_submit_for_approval(self):
        """Hand draft cycles over for approval, together with their entitlements.

        :raise UserError: one of them is no draft
        """
        self._check_state([self.STATE_DRAFT], self.env._("Only draft cycles can be submitted for approval."))
        self.write({"state": self.STATE_TO_APPROVE})
        for cycle in self:
            cycle._get_entitlement_manager().set_pending_validation_entitlements(cycle)

    def action_approve(self, comment=None):
        """Approve submitted cycles, and their entitlements where the cycle says so.

        :param str comment: note for the history of the cycle
        :raise UserError: one of them has not been submitted
        :raise AccessError: the user is neither cycle approver nor program manager
        """
        self._check_state([self.STATE_TO_APPROVE], self.env._("Only submitted cycles can be approved."))
        self._check_may_reach_state(self.STATE_APPROVED)
        result = None
        for cycle in self:
            result = cycle._get_cycle_manager().approve_cycle(
                cycle, cycle.auto_approve_entitlements, cycle._get_entitlement_manager()
            )
            if comment:
                cycle.message_post(body=comment)
        return result

    def action_reject(self):
        """Cancel submitted cycles and what was prepared for them.

        :raise UserError: one of them has not been submitted
        :raise AccessError: the user is neither cycle approver nor program manager
        """
        self._check_state([self.STATE_TO_APPROVE], self.env._("Only submitted cycles can be rejected."))
        self.mark_cancelled()

    def action_reset_to_draft(self):
        """Take submitted cycles and their entitlements back to draft.

        :raise UserError: one of them has not been submitted
        """
        self._check_state([self.STATE_TO_APPROVE], self.env._("Only submitted cycles can be returned to draft."))
        self.write({"state": self.STATE_DRAFT})
        for cycle in self:
            for model in ("spp.entitlement", "spp.entitlement.inkind"):
                pending = cycle.get_entitlements("pending_validation", entitlement_model=model)
                pending.write({"state": "draft"})

    def _check_state(self, allowed, refusal):
        if any(cycle.state not in allowed for cycle in self):
            raise UserError(refusal)

    def to_approve(self):
        """Alias of :meth:`action_submit_for_approval`."""
        return self.action_submit_for_approval()

    def approve(self):
        """Alias of :meth:`action_approve`."""
        return self.action_approve()

    def reset_draft(self):
        """Alias of :meth:`action_reset_to_draft`."""
        return self.action_reset_to_draft()

    def mark_distributed(self):
        """Mark the cycles as distributed.

        :raise AccessError: the user is neither cycle approver nor program manager
        """
        for cycle in self:
            cycle._get_cycle_manager().mark_distributed(cycle)

    def mark_ended(self):
        """End the cycles.

        :raise AccessError: the user is neither cycle approver nor program manager
        """
        for cycle in self:
            cycle._get_cycle_manager().mark_ended(cycle)

    def mark_cancelled(self):
        """Cancel the cycles and every entitlement that has not been used.

        :raise AccessError: the user is neither cycle approver nor program manager
        """
        for cycle in self:
            cycle._get_cycle_manager().mark_cancelled(cycle)
            cycle._get_entitlement_manager().cancel_entitlements(cycle)

    # Screens ----------------------------------------------------------------------------------------------------

    def open_cycle_form(self):
        """Show the cycle."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cycle"),
            "res_model": "spp.cycle",
            "res_id": self.id,
            "view_mode": "form",
        }

    def open_members_form(self):
        """Show the members, the enrolled ones first."""
        return self._open_members({"search_default_enrolled": 1})

    def open_all_members_form(self):
        """Show all members whatever their state."""
        return self._open_members({})

    def _open_members(self, context):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Members of %s", self.name),
            "res_model": "spp.cycle.membership",
            "view_mode": "list,form",
            "domain": [("cycle_id", "=", self.id)],
            "context": {"default_cycle_id": self.id, **context},
        }

    def open_entitlements_form(self):
        """Show what was prepared for the cycle."""
        self.ensure_one()
        return self._get_entitlement_manager().open_entitlements_form(self)
