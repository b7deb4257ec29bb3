# Part of the SPP attendance suite. LGPL-3.
"""What of a cycle nobody writes by hand: who approved it, whether criteria were applied, whose cycle it is."""

from odoo import models


class Cycle(models.Model):
    _name = "spp.cycle"
    _inherit = ["spp.cycle", "spp.guarded.fields.mixin"]

    _system_fields = ("approved_by", "approved_date", "compliance_criteria_applied", "currency_id", "sequence")
    _group_fields = {"spp_security.group_spp_admin": ("is_locked", "locked_reason")}
    _fixed_fields = ("program_id", "company_id")

    def action_approve(self, comment=None):
        """Approve submitted cycles; the host notes by whom and when."""
        return super(Cycle, self._open_fields("approved_by", "approved_date")).action_approve(comment)

    def action_filter_beneficiaries_by_compliance_criteria(self):
        """Filter the members; the host notes that it was done."""
        cycles = self._open_fields("compliance_criteria_applied")
        return super(Cycle, cycles).action_filter_beneficiaries_by_compliance_criteria()
