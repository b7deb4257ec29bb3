# Part of the SPP attendance suite. LGPL-3.
"""Which records say what the members of a program are given."""

from odoo import api, fields, models


class ProgramEntitlementManager(models.Model):
    _name = "spp.program.entitlement.manager"
    _description = "Entitlement Manager"
    _inherit = "spp.manager.mixin"

    program_id = fields.Many2one("spp.program", index=True, ondelete="cascade")

    @api.model
    def _selection_manager_ref_id(self):
        return super()._selection_manager_ref_id() + [
            ("spp.program.entitlement.manager.default", self.env._("Default")),
            ("spp.program.entitlement.manager.cash", self.env._("Cash")),
            ("spp.program.entitlement.manager.inkind", self.env._("In-Kind")),
        ]
