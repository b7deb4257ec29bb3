# Part of the SPP attendance suite. LGPL-3.
"""Rules that are declared come and go with the data of their addon, and no name of a record outlives it."""

from odoo import api, models
from odoo.tools import SQL


class IrModelData(models.Model):
    _inherit = "ir.model.data"

    @api.model
    def _process_end(self, modules):
        # Before what a module no longer brings is removed: rules no longer declared go with it.
        self.env["ir.rule"]._declare_access(set(modules or ()))
        return super()._process_end(modules)

    @api.model
    def _module_data_uninstall(self, modules_to_remove):
        super()._module_data_uninstall(modules_to_remove)
        # What a mixin of another addon brings to a model goes with the model's tables, but its name would stay.
        for model, table in (("ir.rule", "ir_rule"), ("ir.model.constraint", "ir_model_constraint")):
            self.env.cr.execute(
                SQL(
                    "DELETE FROM ir_model_data named WHERE named.model = %s AND named.module LIKE %s"
                    " AND NOT EXISTS (SELECT FROM %s record WHERE record.id = named.res_id)",
                    model,
                    "spp\\_%",
                    SQL.identifier(table),
                )
            )
        self.env.registry.clear_cache()
