# Part of the SPP attendance suite. LGPL-3.
from odoo import models


class EntitlementManagerDefault(models.Model):
    _inherit = "spp.program.entitlement.manager.default"

    def prepare_entitlements(self, cycle, beneficiaries):
        """Leave out whom the applied attendance run did not find compliant."""
        return super().prepare_entitlements(cycle, cycle._found_compliant(beneficiaries))


class EntitlementManagerCash(models.Model):
    _inherit = "spp.program.entitlement.manager.cash"

    def prepare_entitlements(self, cycle, beneficiaries):
        """Leave out whom the applied attendance run did not find compliant."""
        return super().prepare_entitlements(cycle, cycle._found_compliant(beneficiaries))


class EntitlementManagerInkind(models.Model):
    _inherit = "spp.program.entitlement.manager.inkind"

    def prepare_entitlements(self, cycle, beneficiaries):
        """Leave out whom the applied attendance run did not find compliant."""
        return super().prepare_entitlements(cycle, cycle._found_compliant(beneficiaries))
