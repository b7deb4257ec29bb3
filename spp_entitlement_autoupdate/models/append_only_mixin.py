# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class SppAppendOnlyMixin(models.AbstractModel):
    """Rows that are written once and never changed or deleted, by nobody and on no way: PostgreSQL refuses it too."""

    _name = "spp.append.only.mixin"
    _description = "History That Is Never Changed"

    def init(self):
        super().init()
        if self._abstract:
            return
        trigger, table = SQL.identifier(f"{self._table}_append_only"), SQL.identifier(self._table)
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION spp_refuse_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'History is never changed or deleted.' USING ERRCODE = 'restrict_violation';
                END $$
                """
            )
        )
        self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", trigger, table))
        self.env.cr.execute(
            SQL(
                "CREATE TRIGGER %s BEFORE DELETE OR UPDATE ON %s"
                " FOR EACH ROW EXECUTE FUNCTION spp_refuse_history_change()",
                trigger,
                table,
            )
        )

    def write(self, vals):
        if self:
            raise UserError(self.env._("History is never changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("History is never deleted."))
