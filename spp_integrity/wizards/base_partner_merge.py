# Part of the SPP attendance suite. LGPL-3.
"""Merging partners re-points the history of the ones that go, as logged maintenance."""

from odoo import models

from ..system import as_system


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _update_foreign_keys(self, src_partners, dst_partner):
        reason = self.env._("Partners %(merged)s became %(kept)s.", merged=src_partners.ids, kept=dst_partner.id)
        with as_system(self.env["spp.history.maintenance"])._allow("merge", reason):
            return super()._update_foreign_keys(src_partners, dst_partner)
