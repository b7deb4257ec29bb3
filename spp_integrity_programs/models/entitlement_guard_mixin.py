# Part of the SPP attendance suite. LGPL-3.
"""What of an entitlement nobody writes by hand: its code, its approval, and until when it is good once prepared."""

from odoo import api, models


class EntitlementGuardMixin(models.AbstractModel):
    _name = "spp.entitlement.guard.mixin"
    _inherit = ["spp.guarded.fields.mixin"]
    _description = "Guarded Fields of Entitlements"

    _system_fields = ("code", "date_approved", "date_rejected")
    _fixed_fields = ("company_id", "valid_from", "valid_until")

    @api.model_create_multi
    def create(self, vals_list):
        entitlements = self._without_guarded_defaults()
        return super(EntitlementGuardMixin, entitlements).create(vals_list).with_env(self.env)

    def approve_entitlement(self):
        """Approve drafts and pending entitlements; the host notes when."""
        entitlements = self._open_fields("date_approved")
        return super(EntitlementGuardMixin, entitlements).approve_entitlement()
