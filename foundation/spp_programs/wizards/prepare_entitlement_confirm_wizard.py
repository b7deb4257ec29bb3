# Part of the SPP attendance suite. LGPL-3.
"""Asked before entitlements are prepared while the compliance criteria were not applied."""

from odoo import fields, models


class PrepareEntitlementConfirmWizard(models.TransientModel):
    _name = "spp.prepare.entitlement.confirm.wizard"
    _description = "Prepare entitlements before compliance was applied"

    cycle_id = fields.Many2one("spp.cycle", required=True, ondelete="cascade")
    message = fields.Text(readonly=True, default=lambda self: self._default_message())

    def _default_message(self):
        return self.env._(
            "This program has compliance criteria and they have not been applied to the cycle. "
            "Without them every enrolled member gets an entitlement."
        )

    def action_apply_and_prepare(self):
        """Apply the compliance criteria, then prepare the entitlements of those who comply."""
        self.ensure_one()
        self.cycle_id.action_filter_beneficiaries_by_compliance_criteria()
        return self.cycle_id.prepare_entitlement()

    def action_confirm(self):
        """Prepare the entitlements of everybody who is enrolled."""
        self.ensure_one()
        return self.cycle_id.prepare_entitlement()

    def action_cancel(self):
        """Close the dialog and change nothing."""
        return {"type": "ir.actions.act_window_close"}
