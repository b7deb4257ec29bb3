# Part of the SPP attendance suite. LGPL-3.
"""What attendance servers say, as facts of the ledger."""

import json
import re
from contextlib import suppress
from datetime import datetime

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.spp_integrity import wall_to_utc

from ..clients import PRESENT

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
#: Longest texts of a server that are kept.
_TEXT = 500


class EventAttendance(models.Model):
    """Answers of servers are written in sets; what they no longer list is cancelled."""

    _inherit = "spp.event.attendance"

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
        zone = source.tz
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
                submitted_at = str(wall_to_utc(datetime.fromisoformat(record.submitted_datetime), zone))
        return {
            "external_id": record.external_id,
            "partner_id": partner_id,
            "attendance_date": str(record.date),
            "attendance_time": hours if record.category == PRESENT else None,
            "attendance_datetime": str(wall_to_utc(datetime.combine(record.date, record.time), zone)),
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
            # sudo: catalogues are kept by the system
            catalogue = self.env[model].sudo().with_context(active_test=False)
            used = {getattr(record, attribute) for record in records} - {""}
            known = catalogue.search([("source_id", "=", source.id), ("external_id", "in", list(used))])
            catalogue._ensure(source, {item: item for item in used - set(known.mapped("external_id"))})

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
