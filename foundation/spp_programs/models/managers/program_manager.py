# Part of the SPP attendance suite. LGPL-3.
"""Which record opens the cycles of a program and enrols its people."""

from odoo import api, fields, models


class ProgramManager(models.Model):
    _name = "spp.program.manager"
    _description = "Program Manager"
    _inherit = "spp.manager.mixin"

    program_id = fields.Many2one("spp.program", index=True, ondelete="cascade")

    @api.model
    def _selection_manager_ref_id(self):
        return super()._selection_manager_ref_id() + [
            ("spp.program.manager.default", self.env._("Default")),
        ]
