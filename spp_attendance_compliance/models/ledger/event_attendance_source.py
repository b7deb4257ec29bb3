# Part of the SPP attendance suite. LGPL-3.
import json
import re
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

from ...clients import PRESENT
from .attendance_source import utc_moment

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
#: Longest texts of a server that are kept.
_TEXT = 500
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

    # ------------------------------------------------------------------ writing

    @api.model
    def _upsert_records(self, source, partner_ids, records):
        """Write what an attendance server said. What it has twice (same person, moment, type, place) counts once.

        :param source: `spp.attendance.source` record
        :param dict partner_ids: identifier of a person at the server -> partner id
        :param records: list of `AttendanceRecord`
        :return: facts that are new or changed
        """
        if not records:
            return self.browse()
        self._ensure_catalogues(source, records)
        zone = ZoneInfo(source.tz)
        return self._upsert_facts(
            source,
            SQL(
                """
                SELECT item.external_id, item.partner_id, COALESCE(%(company)s, person.company_id) AS company_id,
                       item.attendance_date, item.attendance_time, item.attendance_datetime,
                       type.id AS type_id, location.id AS location_id, item.category, item.description,
                       item.external_url, item.submitted_by, item.submitted_datetime, item.submitted_at,
                       item.submission_source, item.category = %(present)s AS is_attended,
                       CASE WHEN item.category = %(present)s AND item.copy = 1 THEN 1 ELSE 0 END AS weight,
                       item.copy = 1 AS is_in_denominator,
                       FALSE AS is_excused, FALSE AS is_pending, 0 AS lates_per_absence, 'active' AS state,
                       NULL::int AS cancelled_by_run_id
                  FROM (
                           SELECT *, ROW_NUMBER() OVER (
                                      PARTITION BY partner_id, attendance_datetime, type, location, category
                                      ORDER BY length(external_id), external_id
                                  ) AS copy
                             FROM jsonb_to_recordset(%(items)s::jsonb) AS item (
                                      external_id text, partner_id int, attendance_date date, attendance_time float,
                                      attendance_datetime timestamp, type text, location text, category text,
                                      description text, external_url text, submitted_by text, submitted_datetime text,
                                      submitted_at timestamp, submission_source text
                                  )
                       ) item
                  JOIN res_partner person ON person.id = item.partner_id
             LEFT JOIN spp_event_attendance_type type
                    ON type.source_id = %(source)s AND type.external_id = item.type
             LEFT JOIN spp_event_attendance_location location
                    ON location.source_id = %(source)s AND location.external_id = item.location
                """,
                company=source.company_id.id or None,
                present=PRESENT,
                items=json.dumps(
                    [self._record_values(zone, partner_ids[record.person_identifier], record) for record in records]
                ),
                source=source.id,
            ),
        )

    @api.model
    def _record_values(self, zone, partner_id, record):
        hours = record.time.hour + record.time.minute / 60 + record.time.second / 3600
        submitted_at = None
        if _MOMENT.fullmatch(record.submitted_datetime):
            with suppress(ValueError, OverflowError):  # like the 30th of February
                submitted_at = str(utc_moment(datetime.fromisoformat(record.submitted_datetime), zone))
        return {
            "external_id": record.external_id,
            "partner_id": partner_id,
            "attendance_date": str(record.date),
            "attendance_time": hours if record.category == PRESENT else None,
            "attendance_datetime": str(utc_moment(datetime.combine(record.date, record.time), zone)),
            "type": record.type_external_id,
            "location": record.location_external_id,
            "category": record.category,
            "description": record.description[:_TEXT] or None,
            "external_url": record.url[: 4 * _TEXT] or None,
            "submitted_by": record.submitted_by[:_TEXT] or None,
            "submitted_datetime": record.submitted_datetime[:_TEXT] or None,
            "submitted_at": submitted_at,
            "submission_source": record.source[:_TEXT] or None,
        }

    @api.model
    def _ensure_catalogues(self, source, records):
        """Types and locations that were added at the server after its lists were read get a name with the next reading."""
        for model, attribute in (
            ("spp.event.attendance.type", "type_external_id"),
            ("spp.event.attendance.location", "location_external_id"),
        ):
            catalogue = self.env[model].sudo().with_context(active_test=False)
            used = {getattr(record, attribute) for record in records} - {""}
            known = catalogue.search([("source_id", "=", source.id), ("external_id", "in", list(used))])
            catalogue._ensure(source, {item: item for item in used - set(known.mapped("external_id"))})

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
    def _cancel_vanished(self, run, source, partners, question, records):
        """Cancel what a source no longer lists for people, within what it was asked; everything else stays untouched.

        :param run: `spp.attendance.compliance.run` record that asked
        :param partners: `res.partner` records about whom the source answered
        :param question: first day, last day, external ids of the only type and location asked for or None
        :param records: list of `AttendanceRecord` that it listed
        :return: cancelled facts
        """
        first, last, type_id, location_id = question
        vanished = [
            SQL("fact.partner_id = ANY(%s)", partners.ids),
            SQL("fact.attendance_date BETWEEN %s AND %s", first, last),
            SQL("fact.external_id <> ALL(%s)", [record.external_id for record in records]),
            SQL("fact.state = 'active'"),
        ]
        for column, table, external_id in (
            ("type_id", "spp_event_attendance_type", type_id),
            ("location_id", "spp_event_attendance_location", location_id),
        ):
            if external_id:
                vanished.append(
                    SQL(
                        "%s = (SELECT id FROM %s WHERE source_id = %s AND external_id = %s)",
                        SQL.identifier("fact", column),
                        SQL.identifier(table),
                        source.id,
                        external_id,
                    )
                )
        return self._cancel(run, source, SQL(" AND ").join(vanished))

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
