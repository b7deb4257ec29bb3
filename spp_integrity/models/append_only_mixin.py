# Part of the SPP attendance suite. LGPL-3.
"""Rows that are written once: neither the ORM nor SQL changes or deletes them."""

import json

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql

from ..declared import declared

#: Columns of every table that say who touched a row last.
_TOUCHED = ("write_uid", "write_date")


class AppendOnlyMixin(models.AbstractModel):
    """Rows that are written once and never changed or deleted, by nobody and on no way: PostgreSQL refuses it too.

    A table that carries both evidence and what is made of it later declares which fields may change. The one way past
    it is `spp.history.maintenance`, for the fields that a model declares for that kind of maintenance.
    """

    _name = "spp.append.only.mixin"
    _description = "History That Is Never Changed"

    #: Fields that may change after all: what is worked out later, or follows another record.
    _append_only_except = ()
    #: Fields that may be emptied when the record they point at goes.
    _append_only_emptied = ()
    #: SQL condition on the row `($1)` under which it may go after all, for example with a draft that decided nothing.
    _append_only_disposable = ""
    #: Fields that may be re-pointed when two records are merged into one.
    _append_only_merge = ()
    #: Fields that may be emptied or blurred when what names a person has been kept long enough.
    _append_only_anonymise = ()
    #: Whether rows of old months may be taken out of the table.
    _append_only_detach = False

    def init(self):
        super().init()
        if self._abstract or not self._auto:
            return
        # columns that are new in this update still get their values: the triggers come back after that
        self._drop_append_only_triggers()
        self.pool.post_init(self._create_append_only_triggers)

    @api.model
    def _drop_append_only_triggers(self):
        rows = self.env.execute_query(
            SQL(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname LIKE %s",
                self._table,
                f"{self._table[:40]}%append_only%",
            )
        )
        for (name,) in rows:
            self.env.cr.execute(SQL("DROP TRIGGER %s ON %s", SQL.identifier(name), SQL.identifier(self._table)))

    @api.model
    def _create_append_only_triggers(self):
        """One trigger for the columns of each addon: the columns of one that is uninstalled take no other along."""
        self.env[self._name].flush_model()
        self.env["spp.history.maintenance"]._create_guard()
        changing = self._append_only_declared("_append_only_except")
        allowed = {
            "always": [*_TOUCHED, *sorted(changing)],
            "emptied": sorted(self._append_only_declared("_append_only_emptied")),
            "merge": sorted(self._append_only_declared("_append_only_merge")),
            "anonymise": sorted(self._append_only_declared("_append_only_anonymise")),
            "detach": bool(self._append_only_detach),
            "disposable": self._append_only_disposable,
        }
        by_module = {}
        for name, field in self._fields.items():
            if field.store and field.column_type and name not in changing and name not in (*_TOUCHED, "id"):
                by_module.setdefault(field._modules[0] if field._modules else "", []).append(name)
        table = SQL.identifier(self._table)
        function = SQL("FOR EACH ROW EXECUTE FUNCTION spp_guard_history(%s)", json.dumps(allowed))
        self._create_append_only_trigger("", SQL("BEFORE DELETE OR UPDATE OF id ON %s", table), function)
        whole = SQL("FOR EACH STATEMENT EXECUTE FUNCTION spp_guard_history()")
        self._create_append_only_trigger("truncate", SQL("BEFORE TRUNCATE ON %s", table), whole)
        for module, names in by_module.items():
            columns = SQL(", ").join(map(SQL.identifier, names))
            self._create_append_only_trigger(module, SQL("BEFORE UPDATE OF %s ON %s", columns, table), function)

    @api.model
    def _create_append_only_trigger(self, module, event, function):
        name = sql.make_identifier(f"{self._table}_append_only{'_' if module else ''}{module}")
        self.env.cr.execute(SQL("CREATE TRIGGER %s %s %s", SQL.identifier(name), event, function))

    @api.model
    def _append_only_declared(self, attribute):
        """Names that all classes of this model declare together."""
        return set(declared(self.env.registry[self._name], attribute))

    def write(self, vals):
        if self and not self._append_only_declared("_append_only_except").issuperset(vals):
            self.check_access("write")
            raise UserError(self._append_only_message())
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self._append_only_message(deleting=True))

    @api.model
    def _append_only_message(self, deleting=False):
        """What a person reads who changes or deletes a row.

        :param bool deleting: whether he deletes it
        """
        return self.env._("History is never changed or deleted.")
