# Part of the SPP attendance suite. LGPL-3.
"""Cycles of equal length whose members are added, checked and given entitlements a batch at a time."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import split_every

from .. import constants
from ..roles import has_role


class CycleManagerDefault(models.Model):
    _name = "spp.cycle.manager.default"
    _description = "Default Cycle Manager"
    _inherit = ["spp.base.cycle.manager", "spp.manager.source.mixin"]

    _ELIGIBILITY_STATES = ("draft", "enrolled", "not_eligible")

    cycle_duration = fields.Integer(string="Recurrence", default=1, required=True, help="Length of a cycle.")
    rrule_type = fields.Selection(
        [("daily", "Days"), ("weekly", "Weeks"), ("monthly", "Months"), ("yearly", "Years")],
        string="Recurrence Unit",
        default="monthly",
        required=True,
    )
    approver_group_id = fields.Many2one("res.groups", help="Besides their role, approvers of cycles need this group.")

    _duration_positive = models.Constraint("CHECK(cycle_duration > 0)", "A cycle lasts at least one day.")

    def new_cycle(self, name, new_start_date, sequence):
        """Create a draft cycle of the usual length.

        :param str name: unique within the program
        :param date new_start_date: first day
        :param int sequence: position among the cycles of the program
        :rtype: spp.cycle
        """
        self.ensure_one()
        return self.env["spp.cycle"].create(
            {
                "name": name,
                "program_id": self.program_id.id,
                "company_id": self.program_id.company_id.id,
                "sequence": sequence,
                "start_date": new_start_date,
                "end_date": self._get_end_date(new_start_date),
                "auto_approve_entitlements": self.auto_approve_entitlements,
            }
        )

    def _get_end_date(self, start_date):
        unit = {"daily": "days", "weekly": "weeks", "monthly": "months", "yearly": "years"}[self.rrule_type]
        return fields.Date.to_date(start_date) + relativedelta(**{unit: self.cycle_duration}) - timedelta(days=1)

    # Members ----------------------------------------------------------------------------------------------------

    def copy_beneficiaries_from_program(self, cycle, state="enrolled"):
        """Add the enrolled members of the program who are not in the cycle yet.

        :param str state: state of their cycle memberships
        :return: how many were added
        :rtype: int
        """
        self._ensure_can_edit_cycle(cycle)
        known = cycle.cycle_membership_ids.partner_id
        missing = self.program_id.get_beneficiaries("enrolled").partner_id - known
        return self.add_beneficiaries(cycle, missing.ids, state)

    def add_beneficiaries(self, cycle, partner_ids, state="draft"):
        """Add registrants to a cycle; those already in it stay as they are.

        :param list partner_ids: ids of res.partner
        :param str state: state of their cycle memberships
        :return: how many were added
        :rtype: int
        """
        if not partner_ids:
            return 0
        cycle._acquire_operation_lock(self.env._("Members are being added."))
        added = sum(
            self._add_beneficiaries(cycle, chunk, state)
            for chunk in split_every(self.MAX_ROW_JOB_QUEUE, partner_ids, list)
        )
        self.mark_import_as_done(cycle, self.env._("%s members were added.", added))
        return added

    def _add_beneficiaries(self, cycle, beneficiaries, state="draft", do_count=False, **kwargs):
        """Add one batch, leaving out who does not comply when the filter is set to this moment.

        :param list beneficiaries: ids of res.partner
        :return: how many were added
        """
        if cycle._get_filtering_mechanism() == "1" and cycle.allow_filter_compliance_criteria:
            if not has_role(self.env, "manager", "validator"):
                raise AccessError(
                    self.env._("Members are filtered by compliance here; only program managers may add them.")
                )
            beneficiaries = cycle._filter_compliant_partners(self.env["res.partner"].browse(beneficiaries)).ids
        added = self.env["spp.cycle.membership"].bulk_create_memberships(
            [{"partner_id": partner_id, "cycle_id": cycle.id, "state": state} for partner_id in beneficiaries],
            skip_duplicates=True,
        )
        if do_count:
            cycle.refresh_statistics()
        return added

    def check_eligibility(self, cycle, beneficiaries=None):
        """Set eligible members to enrolled and the others to not eligible.

        Paused, exited and non-compliant members are left alone.

        :param beneficiaries: cycle memberships; by default all of the cycle
        """
        cycle._acquire_operation_lock(self.env._("Eligibility is being checked."))
        if beneficiaries is not None:
            self._check_eligibility(cycle, beneficiaries)
        else:
            for min_id, max_id in self._get_id_ranges(cycle, self._ELIGIBILITY_STATES):
                self._check_eligibility(cycle, min_id=min_id, max_id=max_id)
        self.mark_check_eligibility_as_done(cycle)

    def _check_eligibility(
        self, cycle, beneficiaries=None, offset=0, limit=None, min_id=None, max_id=None, do_count=False, **kwargs
    ):
        """Check one batch, given as memberships or as a range of their ids."""
        if beneficiaries is None:
            beneficiaries = cycle.get_beneficiaries(
                self._ELIGIBILITY_STATES, offset=offset, limit=limit, order="id", min_id=min_id, max_id=max_id
            )
        beneficiaries = beneficiaries.filtered(lambda rec: rec.state in self._ELIGIBILITY_STATES)
        eligible = beneficiaries
        for manager in self.program_id.get_managers(constants.MANAGER_ELIGIBILITY):
            eligible = manager.verify_cycle_eligibility(cycle, eligible)
        eligible.filtered(lambda rec: rec.state != "enrolled").write({"state": "enrolled"})
        (beneficiaries - eligible).write({"state": "not_eligible"})
        if do_count:
            cycle.refresh_statistics()
        return eligible

    def _get_id_ranges(self, cycle, states):
        """Split the memberships in some states into (lowest, highest id) pairs of one batch each."""
        ids = cycle.get_beneficiaries(states, order="id").ids
        return [(chunk[0], chunk[-1]) for chunk in split_every(self.MAX_ROW_JOB_QUEUE, ids, list)]

    # Entitlements -----------------------------------------------------------------------------------------------

    def prepare_entitlements(self, cycle):
        """Create what every enrolled member is entitled to and has not been given yet."""
        cycle._acquire_operation_lock(self.env._("Entitlements are being prepared."))
        before = cycle.total_entitlements_count
        for min_id, max_id in self._get_id_ranges(cycle, "enrolled"):
            self._prepare_entitlements(cycle, min_id=min_id, max_id=max_id)
        cycle.refresh_statistics()
        created = cycle.total_entitlements_count - before
        self.mark_prepare_entitlement_as_done(cycle, self.env._("%s entitlements were prepared.", created))

    def _prepare_entitlements(self, cycle, offset=0, limit=None, min_id=None, max_id=None, do_count=False, **kwargs):
        """Prepare one batch, given as a range of membership ids."""
        beneficiaries = cycle.get_beneficiaries(
            "enrolled", offset=offset, limit=limit, order="id", min_id=min_id, max_id=max_id
        )
        self.program_id._require_manager(constants.MANAGER_ENTITLEMENT).prepare_entitlements(cycle, beneficiaries)
        if do_count:
            cycle.refresh_statistics()

    # States -----------------------------------------------------------------------------------------------------

    def on_state_change(self, cycle):
        """Refuse an approval by somebody outside the approver group.

        :raise ValidationError: the user is not in the group
        """
        # sudo: which group approves is no secret to who tries
        group = self.sudo().approver_group_id
        if cycle.state == cycle.STATE_APPROVED and group and not self.env.su:
            if group not in self.env.user.all_group_ids:
                raise ValidationError(
                    self.env._("Cycles of this program are approved by the group %s only.", group.full_name)
                )

    def mark_distributed(self, cycle):
        """Mark a cycle as distributed, whatever its state."""
        cycle.update({"state": constants.STATE_DISTRIBUTED})

    def mark_ended(self, cycle):
        """End a cycle, whatever its state."""
        cycle.update({"state": constants.STATE_ENDED})

    def mark_cancelled(self, cycle):
        """Cancel a cycle, whatever its state."""
        cycle.update({"state": constants.STATE_CANCELLED})
