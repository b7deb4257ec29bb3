# Part of the SPP attendance suite. LGPL-3.
"""Who got something carried over from an earlier cycle gets the entitlement of this one all the same."""

from odoo import models
from odoo.fields import Domain


class BaseProgramEntitlementManager(models.AbstractModel):
    _inherit = "spp.base.program.entitlement.manager"

    def _get_missing_partners(self, cycle, partners, domain=()):
        """What was carried over from an earlier cycle takes nothing away from what a member gets in this one."""
        own = Domain(list(domain)) & Domain("carried_from_id", "=", False)
        return super()._get_missing_partners(cycle, partners, own)
