# Part of the SPP attendance suite. LGPL-3.
"""PostgreSQL keeps each former row of the ledger, so that it can be read as it was at the moment of a decision."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

#: Columns whose change alone makes no new version: they say nothing about the attendance.
SILENT_COLUMNS = (
    "write_uid",
    "write_date",
    "submitted_by_id",
    "submitted_at",
    "submitted_by",
    "submitted_datetime",
    "source_values",
    "has_difference",
)


class EventAttendanceVersion(models.Model):
    """What a fact of the ledger was before it was changed: the ledger can be read as it was at any moment.

    Written by a trigger of PostgreSQL, so that whoever changes facts, in sets or one by one, leaves the trace. Reading the
    present ledger costs nothing more; decisions keep nothing but their moment and the hash of their evidence.
    """

    _name = "spp.event.attendance.version"
    _inherit = ["spp.append.only.mixin"]
    _description = "Former Attendance Event"
    _order = "id desc"
    _rec_name = "event_id"

    _append_only_merge = ("partner_id",)
    _log_access = False
    _company_path = "event_id.company_id"
    _area_path = "partner_id.area_id"

    event_id = fields.Many2one("spp.event.attendance", required=True, readonly=True, ondelete="restrict", index=True)
    partner_id = fields.Many2one("res.partner", required=True, readonly=True, ondelete="restrict", index=True)
    replaced_at = fields.Datetime(required=True, readonly=True)
    replaced_by_id = fields.Many2one("res.users", readonly=True)
    former = fields.Json(required=True, readonly=True, help="The row of the ledger until then.")


class EventAttendance(models.Model):
    """The ledger keeps what it said before."""

    _inherit = "spp.event.attendance"

    def init(self):
        """Let PostgreSQL keep the former row of each changed fact."""
        super().init()
        self.env.cr.execute(
            SQL(
                """
                CREATE OR REPLACE FUNCTION spp_event_attendance_keep_former() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO spp_event_attendance_version (event_id, partner_id, replaced_at, replaced_by_id, former)
                    SELECT former.id, former.partner_id,
                           -- whoever forgets to say when, did it now
                           COALESCE(NULLIF(present.write_date, former.write_date), now() AT TIME ZONE 'UTC'),
                           present.write_uid, to_jsonb(former)
                      FROM former JOIN present ON present.id = former.id
                     WHERE to_jsonb(former) - %(silent)s::text[] <> to_jsonb(present) - %(silent)s::text[]
                  ORDER BY former.id;
                    RETURN NULL;
                END $$;
                CREATE OR REPLACE TRIGGER spp_event_attendance_keep_former AFTER UPDATE ON spp_event_attendance
                    REFERENCING OLD TABLE AS former NEW TABLE AS present
                    FOR EACH STATEMENT EXECUTE FUNCTION spp_event_attendance_keep_former();
                """,
                silent=list(SILENT_COLUMNS),
            )
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("Attendance events are cancelled, not deleted: decisions rest on them."))

    @api.model
    def _former_since(self, moment, people):
        """Facts of people as they were at a moment, of those that were changed since.

        :param moment: datetime in UTC
        :param people: recordset of res.partner, to whom the facts belong or belonged
        :return: dict fact id -> values of the row then; None for one that is younger
        """
        self.env.flush_all()
        return {
            fact_id: former if existed else None
            for fact_id, former, existed in self.env.execute_query(
                SQL(
                    """
                    SELECT DISTINCT ON (version.event_id) version.event_id, version.former,
                           (version.former->>'create_date')::timestamp <= %(moment)s
                      FROM spp_event_attendance_version version
                      JOIN spp_event_attendance fact ON fact.id = version.event_id
                     WHERE version.replaced_at > %(moment)s
                       AND (fact.partner_id = ANY(%(people)s) OR EXISTS (
                           SELECT FROM spp_event_attendance_version other
                            WHERE other.event_id = version.event_id AND other.partner_id = ANY(%(people)s)))
                  ORDER BY version.event_id, version.id
                    """,
                    moment=moment,
                    people=people.ids,
                )
            )
        }

    @api.model
    def _ledger_at(self, moment, people):
        """The rows of the ledger about people as they were at a moment.

        :param moment: datetime in UTC
        :param people: recordset of res.partner
        :return: SQL with the columns of the ledger
        """
        return SQL(
            """
            SELECT fact.*
              FROM spp_event_attendance fact
             WHERE fact.partner_id = ANY(%(people)s) AND fact.create_date <= %(moment)s
               AND NOT EXISTS (SELECT FROM spp_event_attendance_version version
                                WHERE version.event_id = fact.id AND version.replaced_at > %(moment)s)
         UNION ALL
            SELECT fact.*
              FROM (SELECT DISTINCT ON (version.event_id) version.former
                      FROM spp_event_attendance_version version
                     WHERE version.replaced_at > %(moment)s
                       AND EXISTS (SELECT FROM spp_event_attendance_version other
                                    WHERE other.event_id = version.event_id AND other.partner_id = ANY(%(people)s))
                  ORDER BY version.event_id, version.id) version,
                   jsonb_populate_record(NULL::spp_event_attendance, version.former) fact
             WHERE fact.partner_id = ANY(%(people)s) AND fact.create_date <= %(moment)s
            """,
            people=people.ids,
            moment=moment,
        )
