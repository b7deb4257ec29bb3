# Part of the SPP attendance suite. LGPL-3.
"""The ledger that all counting reads, kept in line with submitted registers in sets."""

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from odoo.addons.spp_session_tracking.counting import Facts

SESSIONS_PER_STATEMENT = 1000
#: The ledger, for whoever counts on it.
LEDGER = Facts(
    "spp_event_attendance",
    "attendance_date",
    "type_id",
    "is_in_denominator",
    "is_pending",
    SQL("fact.state = 'active'"),
)


class EventAttendance(models.Model):
    """The ledger: one row per attendance fact, whatever its source. All counting is done on it.

    A fact is unique per source and its identifier there; a fact that vanished at its source is cancelled, not deleted.
    """

    _name = "spp.event.attendance"
    _description = "Attendance Event"
    _order = "attendance_date desc, id desc"
    _rec_name = "partner_id"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    source_id = fields.Many2one("spp.attendance.source", required=True, readonly=True, ondelete="restrict")
    external_id = fields.Char("Identifier at the Source", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner", "Registrant", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True)
    attendance_date = fields.Date("Date", required=True, readonly=True, help="The local day.")
    attendance_time = fields.Float("Time", readonly=True, help="Hours of the local day; 0 when nobody came.")
    attendance_datetime = fields.Datetime("Moment", readonly=True)
    type_id = fields.Many2one("spp.event.attendance.type", readonly=True, ondelete="restrict", index=True)
    location_id = fields.Many2one(
        "spp.event.attendance.location", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    description = fields.Char(readonly=True)
    status_id = fields.Many2one("spp.attendance.status", readonly=True, ondelete="restrict")
    is_attended = fields.Boolean("Attended", readonly=True)
    weight = fields.Float(digits=(4, 2), readonly=True)
    is_in_denominator = fields.Boolean("Counts as Expected", readonly=True)
    is_excused = fields.Boolean("Excused", readonly=True)
    is_pending = fields.Boolean("Excuse Not Decided", readonly=True)
    lates_per_absence = fields.Integer(
        readonly=True,
        help="Of a late arrival: so many like it take one attendance away. 0: none, as of whatever is no late arrival.",
    )
    submitted_by_id = fields.Many2one("res.users", readonly=True)
    submitted_at = fields.Datetime(readonly=True)
    session_id = fields.Many2one("spp.session", readonly=True, ondelete="set null", index="btree_not_null")
    state = fields.Selection(
        [("active", "Active"), ("cancelled", "Cancelled")], required=True, readonly=True, default="active"
    )

    _external_id_unique = models.UniqueIndex("(source_id, external_id)", "The ledger has this fact already.")
    _counting = models.Index("(attendance_date, partner_id) WHERE state = 'active'")
    _lates = models.Index("(attendance_date, partner_id) WHERE state = 'active' AND lates_per_absence > 0")

    @api.model
    def _sync_sessions(self, sessions):
        """Bring the ledger in line with the submitted registers of these sessions, in sets.

        New marks are added, changed ones updated; facts of deleted marks or cancelled sessions are cancelled. What a mark
        counts for is what the view ``spp_attendance_fact`` of the sessions says.

        :param sessions: `spp.session` records, whatever their state
        """
        # sudo: the ledger is kept by the system, whoever submits
        source = self.env.ref("spp_attendance_compliance.attendance_source_session").sudo()
        source._refresh_session_catalogues(sessions.session_type_id, sessions.mapped("location"))
        self.env.flush_all()
        changed_ids = []
        for session_ids in split_every(SESSIONS_PER_STATEMENT, sessions.ids):
            changed_ids += self._upsert_marks(source, session_ids)
            changed_ids += self._cancel_vanished_marks(source, session_ids)
        changed = self.browse(changed_ids)
        changed.invalidate_recordset()
        changed._record_history()
        return changed

    @api.model
    def _upsert_marks(self, source, session_ids):
        columns = [
            "partner_id",
            "company_id",
            "attendance_date",
            "attendance_time",
            "attendance_datetime",
            "type_id",
            "location_id",
            "description",
            "status_id",
            "is_attended",
            "weight",
            "is_in_denominator",
            "is_excused",
            "is_pending",
            "lates_per_absence",
            "submitted_by_id",
            "submitted_at",
            "session_id",
            "state",
        ]
        names = SQL(", ").join(SQL.identifier(column) for column in columns)
        ledger_values = SQL(", ").join(SQL.identifier("spp_event_attendance", column) for column in columns)
        new_values = SQL(", ").join(SQL.identifier("excluded", column) for column in columns)
        rows = self.env.execute_query(
            SQL(
                """
                INSERT INTO spp_event_attendance (
                    source_id, external_id, %(names)s, create_uid, create_date, write_uid, write_date
                )
                SELECT %(source)s, mark.id::text,
                       mark.participant_id, session.company_id, session.date,
                       CASE WHEN counted.is_attended AND mark.attendance_time IS NOT NULL THEN
                           EXTRACT(EPOCH FROM (mark.attendance_time AT TIME ZONE 'UTC' AT TIME ZONE session.tz)::time) / 3600
                       END,
                       COALESCE(mark.attendance_time, session.start_datetime),
                       type.id, location.id, session.name,
                       mark.status_id, counted.is_attended, counted.weight, counted.is_counted,
                       counted.is_excused, counted.is_requested,
                       counted.lates_per_absence,
                       session.submitted_by_id, session.submitted_at, session.id, 'active',
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM spp_session_attendance mark
                  JOIN spp_session session ON session.id = mark.session_id
                  JOIN spp_attendance_fact counted ON counted.id = mark.id
             LEFT JOIN spp_event_attendance_type type
                    ON type.source_id = %(source)s AND type.external_id = session.session_type_id::text
             LEFT JOIN spp_event_attendance_location location
                    ON location.source_id = %(source)s AND location.external_id = session.location
                 WHERE session.id = ANY(%(sessions)s)
              ORDER BY mark.id
                ON CONFLICT (source_id, external_id) DO UPDATE
                   SET (%(names)s, write_uid, write_date) = (%(new_values)s, excluded.write_uid, excluded.write_date)
                 WHERE (%(ledger_values)s) IS DISTINCT FROM (%(new_values)s)
             RETURNING id
                """,
                names=names,
                ledger_values=ledger_values,
                new_values=new_values,
                source=source.id,
                sessions=list(session_ids),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        return [row[0] for row in rows]

    @api.model
    def _cancel_vanished_marks(self, source, session_ids):
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE spp_event_attendance fact
                   SET state = 'cancelled', write_uid = %(uid)s, write_date = %(now)s
                 WHERE fact.source_id = %(source)s AND fact.session_id = ANY(%(sessions)s) AND fact.state = 'active'
                   AND NOT EXISTS (
                       SELECT 1
                         FROM spp_session_attendance mark
                         JOIN spp_session session ON session.id = mark.session_id
                        WHERE mark.id = fact.external_id::int AND session.state = 'completed'
                   )
             RETURNING fact.id
                """,
                source=source.id,
                sessions=list(session_ids),
                uid=self.env.uid,
                now=self.env.cr.now(),
            )
        )
        return [row[0] for row in rows]
