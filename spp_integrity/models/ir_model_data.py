# Part of the SPP attendance suite. LGPL-3.
"""Rules that are declared come and go with the data of their addon."""

from odoo import api, models


class IrModelData(models.Model):
    _inherit = "ir.model.data"

    @api.model
    def _process_end(self, modules):
        # Before what a module no longer brings is removed: rules no longer declared go with it.
        self.env["ir.rule"]._declare_access(set(modules or ()))
        return super()._process_end(modules)
