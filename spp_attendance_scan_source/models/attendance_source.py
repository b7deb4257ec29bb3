# Part of the SPP attendance suite. LGPL-3.
"""Days on which terminals saw somebody become facts; who has an identifier for them and no scan was absent."""

from odoo import fields, models
from odoo.tools import SQL


class AttendanceSource(models.Model):
    """Scans as a source: one fact per person, local day and place of the terminals.

    A day on which the person was seen in a session of such a terminal is counted there, not here. A scan day is a day
    attended, but no session: it counts where different days are asked for.
    """

    _inherit = "spp.attendance.source"

    kind = fields.Selection(selection_add=[("scan", "Scans of Terminals")], ondelete={"scan": "set other"})

    _one_scan_source = models.UniqueIndex(
        "(kind) WHERE kind = 'scan'", "Scans of terminals are one source: there is one already."
    )

    def _collect_scan_facts(self, run):
        self.env.flush_all()
        # sudo: terminals of all areas count
        if not self.env["spp.attendance.device"].sudo().search_count(self._terminal_domain(run), limit=1):
            return
        self._answer_for_people(run)
        ledger = self.env["spp.event.attendance"]
        days = self._scan_days(run)
        ledger._upsert_facts(self, days)
        ledger._cancel(
            run,
            self,
            SQL(
                "fact.attendance_date BETWEEN %s AND %s AND fact.partner_id IN (SELECT partner_id FROM (%s) assessed)"
                " AND fact.state = 'active' AND NOT EXISTS (SELECT FROM (%s) day WHERE day.external_id = fact.external_id)",
                run.criteria["from"],
                run.criteria["to"],
                run._assessed_query(),
                days,
            ),
        )

    def _terminal_domain(self, run):
        domain = [("attendance_location", "!=", False)]
        if run.cycle_id.company_id:
            domain.append(("company_id", "=", run.cycle_id.company_id.id))
        return domain

    def _answer_for_people(self, run):
        """Whoever has an identifier for the terminals and no scan was absent; about others nothing is known."""
        # sudo: terminals of all areas count
        self.env.execute_query(
            SQL(
                """
                INSERT INTO spp_attendance_run_person (
                    run_id, source_id, partner_id, outcome, create_uid, create_date, write_uid, write_date
                )
                SELECT DISTINCT %(run)s, %(source)s, assessed.partner_id, 'answered',
                       %(uid)s, %(now)s::timestamp, %(uid)s, %(now)s::timestamp
                  FROM (%(assessed)s) assessed
                  JOIN spp_registry_id identifier ON identifier.partner_id = assessed.partner_id
                 WHERE identifier.id_type_id = ANY(%(id_types)s) AND identifier.status IS DISTINCT FROM 'invalid'
                   AND (identifier.expiry_date IS NULL OR identifier.expiry_date >= %(today)s)
           ON CONFLICT (run_id, source_id, partner_id) DO NOTHING
             RETURNING id
                """,
                run=run.id,
                source=self.id,
                uid=self.env.uid,
                now=self.env.cr.now(),
                assessed=run._assessed_query(),
                id_types=self.env["spp.attendance.device"].sudo().search(self._terminal_domain(run)).id_type_id.ids,
                today=run.cycle_id._attendance_today(),
            )
        )

    def _scan_days(self, run):
        """:return: SQL of the facts that the terminals know about the people of a run; see `_upsert_facts`"""
        company = run.cycle_id.company_id.id or None
        return SQL(
            """
            SELECT concat_ws('/', scan.partner_id, scan.scan_date, location.id) AS external_id,
                   scan.partner_id, MIN(scan.company_id) AS company_id, scan.scan_date AS attendance_date,
                   EXTRACT(EPOCH FROM MIN(scan.scan_time AT TIME ZONE 'UTC' AT TIME ZONE scan.tz)::time) / 3600
                       AS attendance_time,
                   MIN(scan.scan_time) AS attendance_datetime, NULL::int AS type_id, location.id AS location_id,
                   'present' AS category, NULL::text AS description, NULL::text AS external_url,
                   NULL::text AS submitted_by, NULL::text AS submitted_datetime, MIN(scan.received_at) AS submitted_at,
                   MIN(device.serial) AS submission_source, TRUE AS is_attended, 0 AS weight, FALSE AS is_in_denominator,
                   FALSE AS is_excused, FALSE AS is_pending, 0 AS lates_per_absence, 'active' AS state,
                   NULL::int AS cancelled_by_run_id
              FROM spp_attendance_scan scan
              JOIN spp_attendance_device device ON device.id = scan.device_id
              JOIN spp_event_attendance_location location
                ON location.source_id = %(source)s AND location.external_id = device.attendance_location
             WHERE scan.partner_id IN (SELECT partner_id FROM (%(assessed)s) assessed)
               AND scan.scan_date BETWEEN %(first)s AND %(last)s
               AND (scan.state = 'outside' OR scan.reason = 'not_on_roster')
               AND (%(company)s::int IS NULL OR scan.company_id = %(company)s)
               AND NOT EXISTS (
                   SELECT FROM spp_attendance_scan counted
                     JOIN spp_attendance_device beside ON beside.id = counted.device_id
                    WHERE counted.partner_id = scan.partner_id AND counted.scan_date = scan.scan_date
                      AND counted.session_id IS NOT NULL AND beside.attendance_location = device.attendance_location
               )
          GROUP BY scan.partner_id, scan.scan_date, location.id
            """,
            source=self.id,
            assessed=run._assessed_query(),
            first=run.criteria["from"],
            last=run.criteria["to"],
            company=company,
        )
