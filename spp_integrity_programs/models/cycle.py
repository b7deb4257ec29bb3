# Part of the SPP attendance suite. LGPL-3.
"""What of a cycle nobody writes by hand: who approved it, whether criteria were applied, whose cycle it is."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError


class Cycle(models.Model):
    _name = "spp.cycle"
    _inherit = ["spp.cycle", "spp.guarded.fields.mixin"]

    _system_fields = ("approved_by", "approved_date", "compliance_criteria_applied", "currency_id", "sequence")
    _group_fields = {"spp_security.group_spp_admin": ("is_locked", "locked_reason")}
    _fixed_fields = ("program_id", "company_id")
    _frozen_fields = ("start_date", "end_date")

    def _settled(self):
        return super()._settled() | self.filtered(lambda cycle: cycle._is_closed())

    def _is_closed(self):
        """Whether nothing of the cycle, its members and its entitlements is decided by hand any more."""
        return self.state in (self.STATE_ENDED, self.STATE_CANCELED)

    def _check_not_closed(self):
        """Refuse to go on when one of these cycles is closed.

        :raise UserError: one of them is
        """
        if closed := self.filtered(lambda cycle: cycle._is_closed()):
            raise UserError(
                self.env._("%s is over: nothing of it is changed by hand any more.", closed[0].display_name)
            )

    @api.model_create_multi
    def create(self, vals_list):
        cycles = super().create(vals_list)
        if not (self.env.su or self._is_historical_import()) and cycles.filtered(
            lambda cycle: cycle.state != self.STATE_DRAFT
        ):
            raise UserError(self.env._("A cycle begins as a draft: submit it, then approve it."))
        return cycles

    def write(self, vals):
        if vals.get("state") == self.STATE_APPROVED and not self._is_open("approved_by"):
            if self.filtered(lambda cycle: cycle.state != self.STATE_APPROVED):
                raise AccessError(self.env._("Use Approve: it notes by whom and prepares what follows."))
        return super().write(vals)

    def action_approve(self, comment=None):
        """Approve submitted cycles; the host notes by whom and when."""
        return super(Cycle, self._open_fields("approved_by", "approved_date")).action_approve(comment)

    def action_filter_beneficiaries_by_compliance_criteria(self):
        """Filter the members; the host notes that it was done."""
        cycles = self._open_fields("compliance_criteria_applied")
        return super(Cycle, cycles).action_filter_beneficiaries_by_compliance_criteria()
