# Part of the SPP attendance suite. LGPL-3.
"""How facts of outside sources get into the ledger, vanish from it, and meet corrections that were made here."""

from odoo import api, fields, models
from odoo.tools import SQL

#: What a source says about a fact; everything that counting looks at follows from it.
FACT_COLUMNS = (
    "partner_id",
    "company_id",
    "attendance_date",
    "attendance_time",
    "attendance_datetime",
    "type_id",
    "location_id",
    "category",
    "description",
    "external_url",
    "submitted_by",
    "submitted_datetime",
    "submitted_at",
    "submission_source",
    "is_attended",
    "weight",
    "is_in_denominator",
    "is_excused",
    "is_pending",
    "lates_per_absence",
    "state",
    "cancelled_by_run_id",
)
#: What a correction is about, and by which a source is compared with a corrected fact.
COMPARED_COLUMNS = ("partner_id", "attendance_date", "type_id", "location_id", "category", "state")


class EventAttendance(models.Model):
    """Facts of sources outside the own sessions: written in sets, cancelled when they vanished, kept when corrected."""

    _inherit = "spp.event.attendance"

    category = fields.Selection(
        [("present", "Present"), ("absent", "Absent")],
        readonly=True,
        help="As the source says; empty for own sessions.",
    )
    external_url = fields.Char("Link", readonly=True)
    submitted_by = fields.Char("Submitted By, at the Source", readonly=True)
    submitted_datetime = fields.Char("Submitted At, as Sent", readonly=True)
    submission_source = fields.Char(readonly=True, help="The device or program that sent the fact to the source.")
    cancelled_by_run_id = fields.Many2one(
        "spp.attendance.compliance.run",
        "Vanished in Run",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
        help="The run to which the source no longer listed this fact.",
    )
    is_corrected = fields.Boolean("Corrected", readonly=True)
    source_values = fields.Json(readonly=True, help="What the source says, where the fact was corrected.")
    has_difference = fields.Boolean(
        "Source Says Otherwise", readonly=True, help="The source changed the fact after it was corrected."
    )

    _differs = models.Index("(id) WHERE has_difference")
    _corrected = models.Index("(source_id) WHERE is_corrected")

    # --- writing

    @api.model
    def _upsert_facts(self, source, incoming):
        """Write facts of a source; a corrected one stays as it is, and is flagged when the source says otherwise.

        The answers of a run say who asked. The facts do not: for each of them PostgreSQL would look the user up twice.

        :param source: `spp.attendance.source` record
        :param incoming: SQL of a query with the columns external_id and `FACT_COLUMNS`
        :return: facts that are new or changed
        """
        self.env.flush_all()
        names = SQL(", ").join(SQL.identifier(column) for column in FACT_COLUMNS)
        present = SQL(", ").join(SQL.identifier("spp_event_attendance", column) for column in FACT_COLUMNS)
        new = SQL(", ").join(SQL.identifier("excluded", column) for column in FACT_COLUMNS)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO spp_event_attendance (
                    source_id, external_id, %(names)s, create_date, write_date
                )
                SELECT %(source)s, incoming.external_id, %(incoming_names)s, %(now)s, %(now)s
                  FROM (%(incoming)s) incoming
              ORDER BY incoming.external_id
           ON CONFLICT (source_id, external_id) DO UPDATE
                   SET (%(names)s, write_uid, write_date) = (%(new)s, NULL, excluded.write_date)
                 WHERE spp_event_attendance.is_corrected IS NOT TRUE AND (%(present)s) IS DISTINCT FROM (%(new)s)
             RETURNING id
                """,
                names=names,
                incoming_names=SQL(", ").join(SQL.identifier("incoming", column) for column in FACT_COLUMNS),
                present=present,
                new=new,
                source=source.id,
                incoming=incoming,
                now=self.env.cr.now(),
            )
        )
        self._flag_differences(
            source,
            self._compared("incoming"),
            SQL("(%s) incoming", incoming),
            SQL("incoming.external_id = fact.external_id"),
        )
        return self._written(rows)

    @api.model
    def _cancel(self, run, source, vanished):
        """Cancel facts of a source, except corrected ones, which are flagged instead.

        :param run: `spp.attendance.compliance.run` record that noticed
        :param source: `spp.attendance.source` record
        :param vanished: SQL condition on `fact`
        :return: cancelled facts
        """
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE spp_event_attendance fact
                   SET state = 'cancelled', cancelled_by_run_id = %(run)s, write_uid = %(uid)s, write_date = %(now)s
                 WHERE fact.source_id = %(source)s AND fact.is_corrected IS NOT TRUE AND %(vanished)s
             RETURNING fact.id
                """,
                run=run.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                source=source.id,
                vanished=vanished,
            )
        )
        self._flag_differences(source, SQL("""'{"state": "cancelled"}'::jsonb"""), SQL("(SELECT 1) nothing"), vanished)
        return self._written(rows)

    @api.model
    def _compared(self, table):
        """:return: SQL of a JSON object with what corrections are about, of a row of this table"""
        pairs = SQL(", ").join(SQL("%s, %s", column, SQL.identifier(table, column)) for column in COMPARED_COLUMNS)
        return SQL("jsonb_build_object(%s)", pairs)

    @api.model
    def _flag_differences(self, source, said, table, condition):
        """Note what a source says about corrected facts where it is not what it said when they were corrected.

        :param said: SQL of a JSON object
        :param table: SQL of what `said` and `condition` refer to besides `fact`
        """
        if not self._has_corrected(source):
            return
        self._written(
            self.env.execute_query(
                SQL(
                    """
                    UPDATE spp_event_attendance fact
                       SET source_values = %(said)s, has_difference = %(said)s IS DISTINCT FROM %(own)s,
                           write_uid = %(uid)s, write_date = %(now)s
                      FROM %(table)s
                     WHERE fact.source_id = %(source)s AND fact.is_corrected AND %(condition)s
                       AND fact.source_values IS DISTINCT FROM %(said)s
                 RETURNING fact.id
                    """,
                    said=said,
                    own=self._compared("fact"),
                    table=table,
                    source=source.id,
                    condition=condition,
                    uid=self.env.uid,
                    now=self.env.cr.now(),
                )
            )
        )

    @api.model
    def _has_corrected(self, source):
        """Whether a fact of a source was corrected here; a look into the index, which the ORM's IS TRUE would miss."""
        self.flush_model(["source_id", "is_corrected"])
        corrected = SQL("SELECT FROM spp_event_attendance WHERE source_id = %s AND is_corrected", source.id)
        return self.env.execute_query(SQL("SELECT EXISTS (%s)", corrected))[0][0]

    @api.model
    def _written(self, rows):
        """Facts that SQL wrote, with the caches and the event history brought in line."""
        facts = self.browse(row[0] for row in rows)
        facts.invalidate_recordset()
        facts._record_history()
        return facts
