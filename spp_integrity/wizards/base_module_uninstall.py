# Part of the SPP attendance suite. LGPL-3.
"""Uninstalling an addon says which values it takes off records that stay."""

from odoo import api, fields, models
from odoo.tools import SQL


class BaseModuleUninstall(models.TransientModel):
    _inherit = "base.module.uninstall"

    lost_values = fields.Text("Values to Lose on Documents That Stay", compute="_compute_lost_values")

    def _get_models(self):
        # Odoo names documents with a chatter alone; history and marks, which have none, are gone as well
        tables = [
            name for name, model in self.env.items() if name.startswith("spp.") and model._auto and not model._abstract
        ]
        models = self.env["ir.model"].search([("transient", "=", False), ("model", "in", tables)])
        return super()._get_models() | models

    @api.depends("module_ids")
    def _compute_lost_values(self):
        for wizard in self:
            wizard.lost_values = "\n".join(
                self.env._(
                    "%(model)s: %(count)s records, in %(fields)s",
                    model=model,
                    count=count,
                    fields=", ".join(f"{label} ({number})" for label, number in counts),
                )
                for model, count, counts in wizard._count_lost_values()
            )

    def _count_lost_values(self):
        """What people and the system entered in fields that go, on models that stay; one query for each table.

        What is worked out from other fields is no loss, and neither is what every new record starts with.

        :return: list of (name of the model, number of records, list of (label of a field, number of records with a
            value)), only those with a value
        """
        names = set(self._get_modules().mapped("name"))
        lost = []
        for model, going in self._fields_to_lose(names).items():
            holding = [self._holds_value(field) for field in going]
            [(count, *counts)] = self.env.execute_query(
                SQL(
                    "SELECT COUNT(*) FILTER (WHERE %s), %s FROM %s record",
                    SQL(" OR ").join(holding),
                    SQL(", ").join(SQL("COUNT(*) FILTER (WHERE %s)", held) for held in holding),
                    SQL.identifier(self.env[model]._table),
                )
            )
            if count:
                labels = [field._description_string(self.env) for field in going]
                filled = [pair for pair in zip(labels, counts, strict=True) if pair[1]]
                lost.append((self.env["ir.model"]._get(model).name, count, filled))
        return sorted(lost)

    @api.model
    def _fields_to_lose(self, modules):
        """Fields that hold data and that only these modules bring to models of others.

        :param modules: technical names of the modules that go
        :return: dict name of model -> list of fields
        """
        rows = self.env.execute_query(
            SQL(
                """
                  SELECT field.model, field.name
                    FROM ir_model_fields field
                   WHERE EXISTS (SELECT FROM ir_model_data brought
                                  WHERE brought.model = 'ir.model.fields' AND brought.res_id = field.id)
                     AND NOT EXISTS (SELECT FROM ir_model_data brought
                                      WHERE brought.model = 'ir.model.fields' AND brought.res_id = field.id
                                        AND brought.module != ALL(%(modules)s))
                     AND EXISTS (SELECT FROM ir_model_data brought
                                  WHERE brought.model = 'ir.model' AND brought.res_id = field.model_id
                                    AND brought.module != ALL(%(modules)s))
                ORDER BY field.model, field.name
                """,
                modules=list(modules),
            )
        )
        going = {}
        for model, name in rows:
            record = self.env.get(model)
            field = record is not None and record._fields.get(name)
            if field and record._auto and not record._abstract and not record._transient and self._is_entered(field):
                going.setdefault(model, []).append(field)
        return going

    @api.model
    def _is_entered(self, field):
        """Whether a field is stored with its record and is not only worked out from others."""
        stored = field.store and (field.column_type or field.type in ("many2many", "binary", "image"))
        return stored and not field.related and (not field.compute or not field.readonly)

    @api.model
    def _holds_value(self, field):
        """SQL condition on `record`: the field says something that a new record does not say by itself."""
        if field.type == "many2many":
            return SQL(
                "EXISTS (SELECT FROM %s link WHERE link.%s = record.id)",
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
            )
        if not field.column_type:
            return SQL(
                "EXISTS (SELECT FROM ir_attachment file"
                " WHERE file.res_model = %s AND file.res_field = %s AND file.res_id = record.id)",
                field.model_name,
                field.name,
            )
        column = SQL("record.%s", SQL.identifier(field.name))
        if field.company_dependent or field.translate:
            return SQL("%s IS NOT NULL", column)
        model = self.env[field.model_name]
        default = field.default and field.convert_to_write(field.convert_to_cache(field.default(model), model), model)
        if field.type in ("boolean", "integer", "float", "monetary"):
            nothing = SQL("FALSE") if field.type == "boolean" else SQL("0")
            return SQL("COALESCE(%s, %s) != %s", column, nothing, default or nothing)
        said = field.convert_to_column_insert(default, model) if default else None
        return SQL("(%s IS NOT NULL AND %s IS DISTINCT FROM %s)", column, column, said)
