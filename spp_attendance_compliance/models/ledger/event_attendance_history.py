# Part of the SPP attendance suite. LGPL-3.
"""Attendance in the event history of a person follows the ledger and is written by nobody else."""

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, split_every

_FACTS_PER_STATEMENT = 10_000


class EventAttendance(models.Model):
    """Each fact is one event in the history of the person."""

    _inherit = "spp.event.attendance"

    def _record_history(self):
        """Bring the event history in line with these facts, in sets."""
        # sudo: the history is kept by the system, whoever submits
        events = self.env["spp.event.data"].sudo()
        for fact_ids in split_every(_FACTS_PER_STATEMENT, self.ids):
            events._record_attendance(list(fact_ids))


class EventData(models.Model):
    _inherit = "spp.event.data"

    _attendance_once = models.UniqueIndex(
        "(data_record_id) WHERE data_model = 'spp.event.attendance'", "This attendance is in the history already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        events = super().create(vals_list)
        events._check_is_no_attendance(events._fields)
        return events

    def write(self, vals):
        self._check_is_no_attendance(vals)
        result = super().write(vals)
        self._check_is_no_attendance(vals)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_attendance(self):
        self._check_is_no_attendance(self._fields)

    def _check_is_no_attendance(self, names):
        """Attendance in the history follows the ledger; people may leave notes on it.

        :param names: names of the fields that are written
        :raise AccessError: when somebody changes it by hand
        """
        if self.env.su or all(name.startswith(("message_", "activity_")) for name in names):
            return
        if any(event.data_model == "spp.event.attendance" for event in self):
            raise AccessError(
                self.env._("Attendance in the event history follows its source: correct the attendance event instead.")
            )

    @api.model
    def _record_attendance(self, fact_ids):
        """Add or update the events of attendance facts; active facts are active events, cancelled ones are cancelled.

        :param fact_ids: list of ids of `spp.event.attendance`
        """
        kind = self.env.ref("spp_attendance_compliance.event_type_attendance")
        fixed = {
            "event_type_id": kind.id,
            "event_type_code": kind.code,
            "data_model": "spp.event.attendance",
            "source_type": kind.source_type,
        }
        following = {
            "partner_id": SQL("fact.partner_id"),
            "collection_date": SQL("fact.attendance_date"),
            "state": SQL("fact.state"),
            "name": SQL("concat_ws(' - ', %s::text, partner.name, fact.attendance_date)", kind.name),
            "source_reference": SQL("fact.external_id"),
            "source_url": SQL("fact.external_url"),
            "write_uid": SQL("fact.write_uid"),
            "write_date": SQL("%s", self.env.cr.now()),
        }
        columns = {
            "data_record_id": SQL("fact.id"),
            "create_uid": SQL("fact.create_uid"),
            "create_date": SQL("%s", self.env.cr.now()),
            **{name: SQL("%s", value) for name, value in fixed.items()},
            **following,
        }
        # sudo: what else the host's events have gets the value that a new event would have, whoever brings the facts
        unsaid = self.with_env(self.env(user=SUPERUSER_ID, context={}))
        rest = [
            name for name, field in self._fields.items() if field.store and field.column_type and name not in columns
        ]
        for name, value in unsaid.default_get(rest).items():
            columns[name] = SQL("%s", self._fields[name].convert_to_column_insert(value, self))
        self.env.execute_query(
            SQL(
                """
                INSERT INTO spp_event_data (%(names)s)
                SELECT %(values)s
                  FROM spp_event_attendance fact
                  JOIN res_partner partner ON partner.id = fact.partner_id
                 WHERE fact.id = ANY(%(facts)s)
              ORDER BY fact.id
           ON CONFLICT (data_record_id) WHERE data_model = 'spp.event.attendance' DO UPDATE
                   SET (%(updated)s) = (%(new)s)
             RETURNING id
                """,
                names=SQL(", ").join(map(SQL.identifier, columns)),
                values=SQL(", ").join(columns.values()),
                facts=fact_ids,
                updated=SQL(", ").join(map(SQL.identifier, following)),
                new=SQL(", ").join(SQL.identifier("excluded", name) for name in following),
            )
        )
        self.invalidate_model()
