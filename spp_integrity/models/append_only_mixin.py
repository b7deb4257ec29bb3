# Part of the SPP attendance suite. LGPL-3.
"""Rows that are written once: neither the ORM nor SQL changes or deletes them."""

import json

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL, sql

from ..declared import declared

#: Columns of every table that say who touched a row last.
_TOUCHED = ("write_uid", "write_date")


class SppAppendOnlyMixin(models.AbstractModel):
    """Rows that are written once and never changed or deleted, by nobody and on no way: PostgreSQL refuses it too.

    A table that carries both evidence and what is made of it later declares which fields may change. The one way past
    it is `spp.history.maintenance`, for the fields that a model declares for that kind of maintenance.
    """

    _name = "spp.append.only.mixin"
    _description = "History That Is Never Changed"

    #: Fields that may change after all: what is worked out later, or follows another record.
    _append_only_except = ()
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
        # columns that are new in this update still get their values: the trigger comes back after that
        sql_drop = SQL("DROP TRIGGER IF EXISTS %s ON %s", self._append_only_trigger(), SQL.identifier(self._table))
        self.env.cr.execute(sql_drop)
        self.pool.post_init(self._create_append_only_trigger)

    @api.model
    def _append_only_trigger(self):
        return SQL.identifier(sql.make_identifier(f"{self._table}_append_only"))

    @api.model
    def _create_append_only_trigger(self):
        self.env[self._name].flush_model()
        allowed = {
            "always": [*_TOUCHED, *sorted(self._append_only_declared("_append_only_except"))],
            "merge": sorted(self._append_only_declared("_append_only_merge")),
            "anonymise": sorted(self._append_only_declared("_append_only_anonymise")),
            "detach": bool(self._append_only_detach),
        }
        self.env["spp.history.maintenance"]._create_guard()
        trigger, table = self._append_only_trigger(), SQL.identifier(self._table)
        self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", trigger, table))
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER %s BEFORE DELETE OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION spp_guard_history(%s)",
                trigger,
                table,
                json.dumps(allowed),
            )
        )

    @api.model
    def _append_only_declared(self, attribute):
        """Names that all classes of this model declare together."""
        return set(declared(self.env.registry[self._name], attribute))

    def write(self, vals):
        if self and not self._append_only_declared("_append_only_except").issuperset(vals):
            raise UserError(self._append_only_message())
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self._append_only_message())

    @api.model
    def _append_only_message(self):
        """What a person reads who changes or deletes a row."""
        return self.env._("History is never changed or deleted.")
