# Part of the SPP attendance suite. LGPL-3.
"""The host's three ways of giving prepare nothing for whom the applied run did not find compliant."""

from odoo import api, models


class ProgramEntitlementManagerDefault(models.Model):
    _inherit = "spp.program.entitlement.manager.default"

    @api.private
    def prepare_entitlements(self, cycle, beneficiaries):
        """Leave out whom the applied attendance run did not find compliant."""
        return super().prepare_entitlements(cycle, cycle._found_compliant(beneficiaries))


class ProgramEntitlementManagerCash(models.Model):
    _inherit = "spp.program.entitlement.manager.cash"

    @api.private
    def prepare_entitlements(self, cycle, beneficiaries):
        """Leave out whom the applied attendance run did not find compliant."""
        return super().prepare_entitlements(cycle, cycle._found_compliant(beneficiaries))


class ProgramEntitlementManagerInkind(models.Model):
    _inherit = "spp.program.entitlement.manager.inkind"

    @api.private
    def prepare_entitlements(self, cycle, beneficiaries):
        """Leave out whom the applied attendance run did not find compliant."""
        return super().prepare_entitlements(cycle, cycle._found_compliant(beneficiaries))
