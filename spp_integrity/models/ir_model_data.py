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
        self._drop_dangling_references()
        self.env.registry.clear_cache()

    @api.model
    def _drop_dangling_references(self):
        """Forget references to records of models that are gone: who read one would only meet an error.

        A record that is nothing without its reference, like a program's link to a manager, goes too.
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT field.model, field.name, field.required FROM ir_model_fields field"
                " WHERE field.ttype = 'reference' AND field.store AND field.model LIKE %s",
                "spp.%",
            )
        )
        for model, name, required in rows:
            if model not in self.env or self.env[model]._abstract:
                continue
            table, column = SQL.identifier(self.env[model]._table), SQL.identifier(name)
            known = SQL("split_part(%s, ',', 1) IN (SELECT model FROM ir_model)", column)
            if required:
                self.env.cr.execute(SQL("DELETE FROM %s WHERE %s IS NOT NULL AND NOT %s", table, column, known))
            else:
                self.env.cr.execute(SQL("UPDATE %s SET %s = NULL WHERE NOT %s", table, column, known))
