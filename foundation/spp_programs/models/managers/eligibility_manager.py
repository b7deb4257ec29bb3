# Part of the SPP attendance suite. LGPL-3.
"""Which criteria of eligibility a program has, whatever record holds them."""

from odoo import api, fields, models


class EligibilityManager(models.Model):
    _name = "spp.eligibility.manager"
    _description = "Eligibility Manager"
    _inherit = "spp.manager.mixin"

    program_id = fields.Many2one("spp.program", index=True, ondelete="cascade")

    @api.model
    def _selection_manager_ref_id(self):
        return super()._selection_manager_ref_id() + [
            ("spp.program.membership.manager.default", self.env._("Default Eligibility")),
        ]
