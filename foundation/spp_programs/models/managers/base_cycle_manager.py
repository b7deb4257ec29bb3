# Part of the SPP attendance suite. LGPL-3.
"""What every manager of cycles has to be able to do, and how its long operations come to an end."""

from odoo import fields, models
from odoo.exceptions import UserError, ValidationError


class BaseCycleManager(models.AbstractModel):
    _name = "spp.base.cycle.manager"
    _description = "Base Cycle Manager"

    # Rows below which work is done at once, and rows per batch above
    MIN_ROW_JOB_QUEUE = 200
    MAX_ROW_JOB_QUEUE = 2000

    name = fields.Char(required=True, default=lambda self: self._description)
    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="cascade")
    auto_approve_entitlements = fields.Boolean(string="Auto-approve Entitlements")

    def check_eligibility(self, cycle, beneficiaries=None):
        """Check cycle memberships against the eligibility criteria of the program."""
        raise NotImplementedError

    def prepare_entitlements(self, cycle):
        """Create the entitlements of the enrolled members."""
        raise NotImplementedError

    def new_cycle(self, name, new_start_date, sequence):
        """Create a cycle and return it."""
        raise NotImplementedError

    def add_beneficiaries(self, cycle, partner_ids, state="draft"):
        """Add registrants to a cycle."""
        raise NotImplementedError

    def mark_distributed(self, cycle):
        """Mark a cycle as distributed."""
        raise NotImplementedError

    def mark_ended(self, cycle):
        """End a cycle."""
        raise NotImplementedError

    def mark_cancelled(self, cycle):
        """Cancel a cycle."""
        raise NotImplementedError

    def approve_cycle(self, cycle, auto_approve=False, entitlement_manager=None):
        """Approve a submitted cycle.

        :param bool auto_approve: approve its entitlements as well
        :param entitlement_manager: the one to do it
        :return: nothing or a client action
        :raise UserError: the cycle has not been submitted
        """
        if cycle.state != cycle.STATE_TO_APPROVE:
            raise UserError(self.env._("Only submitted cycles can be approved."))
        cycle.update(
            {
                "state": cycle.STATE_APPROVED,
                "approved_date": fields.Datetime.now(),
                "approved_by": self.env.user.id,
            }
        )
        self.on_state_change(cycle)
        if auto_approve and entitlement_manager:
            return entitlement_manager.validate_entitlements(cycle)
        return None

    def on_state_change(self, cycle):
        """Called after a cycle has been approved."""

    def _ensure_can_edit_cycle(self, cycle):
        if cycle.state != cycle.STATE_DRAFT:
            raise ValidationError(self.env._("%s is no draft any more and cannot be changed.", cycle.name))

    def mark_import_as_done(self, cycle, msg):
        """Close the adding of members: free the cycle, tell its followers, renew its counters.

        :param str msg: note for the history of the cycle
        """
        self._mark_as_done(cycle, msg)

    def mark_prepare_entitlement_as_done(self, cycle, msg):
        """Close the preparation of entitlements, see :meth:`mark_import_as_done`."""
        self._mark_as_done(cycle, msg)

    def mark_check_eligibility_as_done(self, cycle):
        """Close an eligibility check, see :meth:`mark_import_as_done`."""
        self._mark_as_done(cycle, self.env._("Eligibility check finished."))

    def _mark_as_done(self, cycle, msg):
        cycle._release_operation_lock()
        cycle.message_post(body=msg)
        cycle.refresh_statistics()
