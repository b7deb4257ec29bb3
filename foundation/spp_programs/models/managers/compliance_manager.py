# Part of the SPP attendance suite. LGPL-3.
"""Which compliance criteria a program has, whatever record holds them."""

from odoo import api, fields, models


class ComplianceManager(models.Model):
    _name = "spp.compliance.manager"
    _description = "Compliance Criteria Manager"
    _inherit = "spp.manager.mixin"

    program_id = fields.Many2one("spp.program", required=True, index=True, ondelete="cascade")

    @api.model
    def _selection_manager_ref_id(self):
        return super()._selection_manager_ref_id() + [
            ("spp.compliance.manager.default", self.env._("Default Compliance")),
        ]
