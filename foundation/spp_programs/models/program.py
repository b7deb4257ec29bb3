# Part of the SPP attendance suite. LGPL-3.
"""A program: managers do the work for it, members are imported and enrolled, and it ends after its cycles."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from . import constants
from .roles import has_role


class Program(models.Model):
    _name = "spp.program"
    _description = "Program"
    _inherit = ["mail.thread", "mail.activity.mixin", "spp.operation.lock.mixin", "spp.paging.mixin"]
    _order = "id desc"
    _check_company_auto = True

    _paging_field = "program_id"

    MANAGER_ELIGIBILITY = constants.MANAGER_ELIGIBILITY
    MANAGER_CYCLE = constants.MANAGER_CYCLE
    MANAGER_PROGRAM = constants.MANAGER_PROGRAM
    MANAGER_ENTITLEMENT = constants.MANAGER_ENTITLEMENT
    MANAGER_DEDUPLICATION = constants.MANAGER_DEDUPLICATION
    MANAGER_NOTIFICATION = constants.MANAGER_NOTIFICATION
    MANAGER_PAYMENT = constants.MANAGER_PAYMENT
    MANAGER_COMPLIANCE = constants.MANAGER_COMPLIANCE
    MANAGER_MODELS = constants.MANAGER_MODELS

    _SINGLE_MANAGERS = {
        constants.MANAGER_CYCLE: "cycle_manager_ids",
        constants.MANAGER_PROGRAM: "program_manager_ids",
        constants.MANAGER_ENTITLEMENT: "entitlement_manager_ids",
    }
    _MANY_MANAGERS = {constants.MANAGER_ELIGIBILITY: "eligibility_manager_ids"}

    name = fields.Char(required=True, tracking=True)
    description = fields.Text()
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", default=lambda self: self.env.company, index=True)
    target_type = fields.Selection([("group", "Group"), ("individual", "Individual")], default="group")
    state = fields.Selection(
        [("active", "Active"), ("ended", "Ended")], string="Status", default="active", readonly=True, tracking=True
    )
    date_ended = fields.Date(readonly=True, copy=False)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)

    program_membership_ids = fields.One2many("spp.program.membership", "program_id", string="Program Memberships")
    cycle_ids = fields.One2many("spp.cycle", "program_id", string="Cycles")

    eligibility_manager_ids = fields.Many2many("spp.eligibility.manager", string="Eligibility Managers", copy=False)
    program_manager_ids = fields.Many2many("spp.program.manager", string="Program Managers", copy=False)
    cycle_manager_ids = fields.Many2many("spp.cycle.manager", string="Cycle Managers", copy=False)
    entitlement_manager_ids = fields.Many2many(
        "spp.program.entitlement.manager", string="Entitlement Managers", copy=False
    )
    compliance_manager_ids = fields.One2many("spp.compliance.manager", "program_id", string="Compliance Managers")
    has_compliance_criteria = fields.Boolean(compute="_compute_has_compliance_criteria")

    beneficiaries_count = fields.Integer(string="# Beneficiaries", compute="_compute_beneficiaries_count")
    eligible_beneficiaries_count = fields.Integer(
        string="# Enrolled Beneficiaries", compute="_compute_beneficiaries_count"
    )
    cycles_count = fields.Integer(string="# Cycles", compute="_compute_cycles_count")

    _name_unique = models.Constraint("UNIQUE(name)", "Another program has this name already. Choose a different one.")

    @api.depends("compliance_manager_ids")
    def _compute_has_compliance_criteria(self):
        for program in self:
            program.has_compliance_criteria = bool(program.compliance_manager_ids)

    @api.depends("program_membership_ids.state")
    def _compute_beneficiaries_count(self):
        total, enrolled = {}, {}
        for program, state, count in self.env["spp.program.membership"]._read_group(
            [("program_id", "in", self.ids)], ["program_id", "state"], ["__count"]
        ):
            total[program.id] = total.get(program.id, 0) + count
            if state == "enrolled":
                enrolled[program.id] = count
        for program in self:
            program.beneficiaries_count = total.get(program._origin.id, 0)
            program.eligible_beneficiaries_count = enrolled.get(program._origin.id, 0)

    @api.depends("cycle_ids")
    def _compute_cycles_count(self):
        counts = dict(self.env["spp.cycle"]._read_group([("program_id", "in", self.ids)], ["program_id"], ["__count"]))
        for program in self:
            program.cycles_count = counts.get(program._origin, 0)

    @api.constrains(*_SINGLE_MANAGERS.values())
    def _check_single_managers(self):
        for name in self._SINGLE_MANAGERS.values():
            if any(len(program[name]) > 1 for program in self):
                raise ValidationError(
                    self.env._(
                        "A program can have only one entry under %s. Remove the others.",
                        self._fields[name]._description_string(self.env),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get("state", "active") != "active" for vals in vals_list):
            self._check_may_change_state()
        if any(vals.get(name) for vals in vals_list for name in self.MANAGER_MODELS):
            self._check_may_configure()
        programs = super().create(vals_list)
        if not self.env.context.get("skip_default_managers"):
            programs.create_default_managers()
        return programs

    def write(self, vals):
        if "state" in vals:
            self._check_may_change_state()
        if not self.MANAGER_MODELS.keys().isdisjoint(vals):
            self._check_may_configure()
        return super().write(vals)

    def _check_may_configure(self):
        if not has_role(self.env, "manager"):
            raise AccessError(self.env._("Only program managers can configure a program."))

    def _check_may_change_state(self):
        if not has_role(self.env, "manager"):
            raise AccessError(self.env._("Only program managers can end or reopen a program."))

    # Managers ---------------------------------------------------------------------------------------------------

    def create_default_managers(self):
        """Give every program the default manager of each kind it has none of.

        Compliance is left out: a program without criteria has no compliance manager.

        :raise AccessError: for who may not change one of the programs
        """
        self.check_access("write")
        # sudo: who may change the program gets its managers, whose kinds only administrators create
        for program_sudo in self.sudo():
            links = {}
            for field_name, models_by_wrapper in self.MANAGER_MODELS.items():
                if field_name == "compliance_manager_ids" or program_sudo[field_name]:
                    continue
                for wrapper_model, default_model in models_by_wrapper.items():
                    implementation = program_sudo.env[default_model].create({"program_id": program_sudo.id})
                    wrapper = program_sudo.env[wrapper_model].create(
                        {
                            "program_id": program_sudo.id,
                            "manager_ref_id": f"{default_model},{implementation.id}",
                        }
                    )
                    links[field_name] = [fields.Command.link(wrapper.id)]
            if links:
                program_sudo.write(links)

    @api.private
    def get_manager(self, kind):
        """Return the record that does a single-manager job for this program.

        :param int kind: ``MANAGER_CYCLE``, ``MANAGER_PROGRAM``, ``MANAGER_ENTITLEMENT`` or ``MANAGER_PAYMENT``
        :return: the implementation record, or None when the program has none
        :raise NotImplementedError: a program may have several managers of this kind
        """
        self.ensure_one()
        if kind == constants.MANAGER_PAYMENT:
            return None
        if kind not in self._SINGLE_MANAGERS:
            raise NotImplementedError("A program may have several managers of this kind, use get_managers()")
        return self[self._SINGLE_MANAGERS[kind]].manager_ref_id or None

    @api.private
    def get_managers(self, kind):
        """Return the records that do a job several managers may share.

        :param int kind: ``MANAGER_ELIGIBILITY``, ``MANAGER_DEDUPLICATION`` or ``MANAGER_NOTIFICATION``
        :return: list of implementation records
        :raise NotImplementedError: a program has one manager of this kind at most
        """
        self.ensure_one()
        if kind in (constants.MANAGER_DEDUPLICATION, constants.MANAGER_NOTIFICATION):
            return []
        if kind not in self._MANY_MANAGERS:
            raise NotImplementedError("A program has one manager of this kind, use get_manager()")
        return [wrapper.manager_ref_id for wrapper in self[self._MANY_MANAGERS[kind]] if wrapper.manager_ref_id]

    def _require_manager(self, kind):
        manager = self.get_manager(kind)
        if not manager:
            raise UserError(
                self.env._("%s has no manager for this step. Add one under Configuration.", self.display_name)
            )
        return manager

    # Beneficiaries ----------------------------------------------------------------------------------------------

    @api.private
    def get_beneficiaries(
        self, state=None, offset=0, limit=None, order=None, count=False, last_id=None, min_id=None, max_id=None
    ):
        """Return program memberships, or how many there are.

        :param state: one state or several; all of them when empty
        :param int last_id: only ids above it, in id order
        :param int min_id: only ids from here on
        :param int max_id: only ids up to here
        :rtype: recordset of spp.program.membership, or int with ``count``
        """
        return self._page("spp.program.membership", state, offset, limit, order, count, last_id, min_id, max_id)

    def count_beneficiaries(self, state=None):
        """Count the memberships in a state.

        :param state: one state or several; all of them when empty
        :return: ``{"value": number}``
        """
        return {"value": self.get_beneficiaries(state, count=True)}

    def import_eligible_registrants(self):
        """Add everyone who fulfils the eligibility criteria as a draft member."""
        self.ensure_one()
        self._check_active()
        managers = self.get_managers(constants.MANAGER_ELIGIBILITY)
        if not managers:
            raise UserError(self.env._("%s has no eligibility criteria. Add them under Configuration.", self.name))
        count = sum(manager.import_eligible_registrants(state="draft") for manager in managers)
        return self._notify(self.env._("%s registrants were added.", count))

    def enroll_eligible_registrants(self):
        """Enrol the draft members who fulfil the eligibility criteria; mark the others as not eligible."""
        self.ensure_one()
        self._check_active()
        count = self._require_manager(constants.MANAGER_PROGRAM).enroll_eligible_registrants(["draft"])
        return self._notify(self.env._("%s beneficiaries were enrolled.", count))

    def verify_eligibility(self):
        """Check enrolled and not eligible members against the criteria once more."""
        self.ensure_one()
        self._check_active()
        count = self._require_manager(constants.MANAGER_PROGRAM).enroll_eligible_registrants(
            ["enrolled", "not_eligible"]
        )
        return self._notify(self.env._("%s beneficiaries are eligible.", count))

    def _pre_enrollment_hook(self, partner):
        """Called with the registrants about to be enrolled."""

    def _post_enrollment_hook(self, partner):
        """Called with the registrants who have just been enrolled."""

    # Life of the program ----------------------------------------------------------------------------------------

    def create_new_cycle(self):
        """Open the next cycle with everybody who is enrolled, and show it."""
        self.ensure_one()
        self._check_active()
        cycle = self._require_manager(constants.MANAGER_PROGRAM).new_cycle()
        return cycle.open_cycle_form()

    def _check_active(self):
        if ended := self.filtered(lambda program: program.state != "active"):
            raise UserError(self.env._("%s has ended. Reactivate it first.", ended[0].name))

    def end_program(self):
        """Close programs whose cycles have all been ended or cancelled.

        :raise UserError: a cycle is still open
        :raise AccessError: the user is no program manager
        """
        still_open = self.env["spp.cycle"].search_fetch(
            [
                ("program_id", "in", self.ids),
                ("state", "not in", [constants.STATE_ENDED, constants.STATE_CANCELLED]),
            ],
            ["name"],
            limit=1,
        )
        if still_open:
            raise UserError(
                self.env._("%s is still open. End or cancel it before you end the program.", still_open.name)
            )
        self.write({"state": "ended", "date_ended": fields.Date.context_today(self)})

    def reactivate_program(self):
        """Reopen ended programs.

        :raise AccessError: the user is no program manager
        """
        self.filtered(lambda program: program.state == "ended").write({"state": "active", "date_ended": False})

    # Screens ----------------------------------------------------------------------------------------------------

    def open_eligible_beneficiaries_form(self):
        """Show the enrolled members."""
        return self._open_members(self.env._("Beneficiaries"), {"search_default_enrolled": 1})

    def _open_members(self, name, context):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": "spp.program.membership",
            "view_mode": "list,form",
            "domain": [("program_id", "=", self.id)],
            "context": {"default_program_id": self.id, "target_type": self.target_type, **context},
        }

    def open_cycles_form(self):
        """Show the cycles of the program."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Cycles"),
            "res_model": "spp.cycle",
            "view_mode": "list,form",
            "domain": [("program_id", "=", self.id)],
            "context": {"default_program_id": self.id},
        }

    @api.model
    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Program"),
                "message": message,
                "type": "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
