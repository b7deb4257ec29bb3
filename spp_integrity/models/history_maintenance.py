# Part of the SPP attendance suite. LGPL-3.
"""The one sanctioned way past append-only tables, and its log."""

import json
from contextlib import contextmanager, suppress

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..clock import database_now

_GUARD = """
CREATE OR REPLACE FUNCTION spp_guard_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    allowed jsonb := TG_ARGV[0]::jsonb;
    maintenance integer := NULLIF(current_setting('spp.maintenance', TRUE), '')::integer;
    free text[];
    work text;
    place text;
    counts jsonb;
    former jsonb;
    present jsonb;
    disposable boolean;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION 'History is never changed or deleted: % of %.', TG_OP, TG_TABLE_NAME
              USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        -- whoever names the columns of evidence in an update that changes nothing tries as well
        former := to_jsonb(OLD);
        present := to_jsonb(NEW);
        free := ARRAY(SELECT jsonb_array_elements_text(allowed -> 'always'));
        IF former - free != present - free
           AND former - free - ARRAY(SELECT name FROM jsonb_array_elements_text(allowed -> 'emptied') AS name
                                      WHERE present ->> name IS NULL)
               = present - free - ARRAY(SELECT name FROM jsonb_array_elements_text(allowed -> 'emptied') AS name
                                         WHERE present ->> name IS NULL) THEN
            RETURN NEW;
        END IF;
    ELSIF allowed ->> 'disposable' != '' THEN
        EXECUTE 'SELECT ' || (allowed ->> 'disposable') INTO disposable USING OLD;
        IF disposable THEN
            RETURN OLD;
        END IF;
    END IF;
    IF maintenance IS NOT NULL THEN
        SELECT kind INTO work
          FROM spp_history_maintenance
         WHERE id = maintenance AND transaction_number = txid_current()::text;
        IF work = 'detach' AND TG_OP = 'DELETE' AND (allowed ->> 'detach')::boolean THEN
            place := TG_TABLE_NAME;
        ELSIF work IN ('merge', 'anonymise') AND TG_OP = 'UPDATE' THEN
            free := free || ARRAY(SELECT jsonb_array_elements_text(allowed -> work));
            IF former - free = present - free THEN
                place := TG_TABLE_NAME;
            END IF;
        END IF;
        IF place IS NOT NULL THEN
            counts := COALESCE(NULLIF(current_setting('spp.maintenance_counts', TRUE), ''), '{}')::jsonb;
            PERFORM set_config('spp.maintenance_counts',
                               jsonb_set(counts, ARRAY[place], to_jsonb(COALESCE((counts ->> place)::integer, 0) + 1))::text,
                               TRUE);
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'History is never changed or deleted: % of %.', TG_OP, TG_TABLE_NAME
          USING ERRCODE = 'restrict_violation';
END $$
"""


class HistoryMaintenance(models.Model):
    """A piece of maintenance of append-only tables: what for, by whom, and how many rows it met."""

    _name = "spp.history.maintenance"
    _inherit = ["spp.append.only.mixin"]
    _description = "Maintenance of History"
    _order = "id desc"

    kind = fields.Selection(
        [
            ("merge", "Re-Pointed at a Merge"),
            ("anonymise", "Made Anonymous"),
            ("detach", "Old Months Taken Out"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Started By", required=True, readonly=True, ondelete="restrict")
    date = fields.Datetime("Started On", required=True, readonly=True)
    transaction_number = fields.Char(
        required=True, readonly=True, help="PostgreSQL's number of the transaction: the permission ends with it."
    )
    line_ids = fields.One2many("spp.history.maintenance.line", "maintenance_id", "Tables", readonly=True)

    @api.depends("kind", "date")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for maintenance in self:
            maintenance.display_name = f"{kinds.get(maintenance.kind, '')} {maintenance.date or ''}"

    @api.model
    def _create_guard(self):
        """Create or renew the function behind the triggers."""
        self.env.cr.execute(_GUARD)

    @api.model
    @contextmanager
    def _allow(self, kind, reason):
        """Let SQL do one kind of maintenance on append-only tables, as far as their models declare it.

        The permission holds for the block, in this transaction; what it met is logged.

        :param str kind: "merge", "anonymise" or "detach"
        :param str reason: why, for everybody to read
        :raise AccessError: the caller does not act as the system
        """
        if not self.env.su:
            raise AccessError(self.env._("Only the system maintains history."))
        ((number,),) = self.env.execute_query(SQL("SELECT txid_current()::text"))
        maintenance = self.create(
            {
                "kind": kind,
                "reason": reason,
                "user_id": self.env.uid,
                "date": database_now(self.env),
                "transaction_number": number,
            }
        )
        self.env.flush_all()
        before = self._settings(str(maintenance.id), "")
        try:
            yield maintenance
            self.env.flush_all()
        except BaseException:
            with suppress(psycopg2.Error):  # of the transaction, if it is over, the permission is gone as well
                self._settings(*before)
            raise
        counts = self._settings(*before)[1]
        self.env["spp.history.maintenance.line"].create(
            [
                {"maintenance_id": maintenance.id, "table_name": table, "row_count": count}
                for table, count in sorted(json.loads(counts or "{}").items())
            ]
        )

    @api.model
    def _settings(self, maintenance, counts):
        """Set what the trigger reads, until the end of the transaction.

        :return: the values it had before
        """
        self.env.cr.execute(
            "SELECT COALESCE(current_setting('spp.maintenance', TRUE), ''),"
            " COALESCE(current_setting('spp.maintenance_counts', TRUE), '')",
            log_exceptions=False,
        )
        before = self.env.cr.fetchone()
        self.env.cr.execute(
            "SELECT set_config('spp.maintenance', %s, TRUE), set_config('spp.maintenance_counts', %s, TRUE)",
            (maintenance, counts),
            log_exceptions=False,
        )
        return before


class HistoryMaintenanceLine(models.Model):
    """How many rows of one table a piece of maintenance met."""

    _name = "spp.history.maintenance.line"
    _inherit = ["spp.append.only.mixin"]
    _description = "Table Met by Maintenance of History"
    _order = "maintenance_id desc, table_name"
    _rec_name = "table_name"

    maintenance_id = fields.Many2one(
        "spp.history.maintenance", required=True, readonly=True, index=True, ondelete="restrict"
    )
    table_name = fields.Char("Table", required=True, readonly=True)
    row_count = fields.Integer("Rows", required=True, readonly=True)
