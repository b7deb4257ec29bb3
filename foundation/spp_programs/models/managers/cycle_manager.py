# Part of the SPP attendance suite. LGPL-3.
"""Which record runs the cycles of a program."""

from odoo import api, fields, models


class CycleManager(models.Model):
    _name = "spp.cycle.manager"
    _description = "Cycle Manager"
    _inherit = "spp.manager.mixin"

    program_id = fields.Many2one("spp.program", index=True, ondelete="cascade")

    @api.model
    def _selection_manager_ref_id(self):
        return super()._selection_manager_ref_id() + [
            ("spp.cycle.manager.default", self.env._("Default")),
        ]
