# Part of the SPP attendance suite. LGPL-3.
"""Types and locations as their source names them, so that requirements can ask for them."""

from odoo import api, fields, models
from odoo.tools import SQL


class EventAttendanceCatalogue(models.AbstractModel):
    """A list that a source keeps under its own identifiers; equal names of two sources stay apart."""

    _name = "spp.event.attendance.catalogue"
    _description = "Attendance Catalogue of a Source"
    _order = "name, id"

    name = fields.Char(required=True)
    source_id = fields.Many2one("spp.attendance.source", required=True, ondelete="restrict", index=True)
    external_id = fields.Char("Identifier at the Source", required=True)
    active = fields.Boolean(default=True)

    @api.model
    def _ensure(self, source, names):
        """Make the catalogue of a source hold these entries, under their present names; one statement.

        :param source: `spp.attendance.source` record
        :param dict names: identifier at the source -> name
        """
        if not names:
            return
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                INSERT INTO %(table)s (source_id, external_id, name, active, create_uid, create_date, write_uid, write_date)
                VALUES %(rows)s
                ON CONFLICT (source_id, external_id) DO UPDATE
                    SET name = excluded.name, active = excluded.active,
                        write_uid = excluded.write_uid, write_date = excluded.write_date
                    WHERE %(table)s.name IS DISTINCT FROM excluded.name OR %(table)s.active IS NOT TRUE
                RETURNING id
                """,
                table=SQL.identifier(self._table),
                rows=SQL(", ").join(
                    (
                        source.id,
                        external_id,
                        name,
                        True,
                        self.env.uid,
                        self.env.cr.now(),
                        self.env.uid,
                        self.env.cr.now(),
                    )
                    for external_id, name in sorted(names.items())
                ),
            )
        )
        self.invalidate_model()

    @api.model
    def _archive_except(self, source, external_ids):
        """Archive what a source no longer has.

        :param source: `spp.attendance.source` record
        :param external_ids: list of what it has
        """
        self.search([("source_id", "=", source.id), ("external_id", "not in", external_ids)]).active = False


class EventAttendanceType(models.Model):
    _name = "spp.event.attendance.type"
    _description = "Attendance Type"
    _inherit = ["spp.event.attendance.catalogue"]
    _company_path = "source_id.company_id"

    _external_id_unique = models.UniqueIndex("(source_id, external_id)", "The source has this type already.")


class EventAttendanceLocation(models.Model):
    _name = "spp.event.attendance.location"
    _description = "Attendance Location"
    _inherit = ["spp.event.attendance.catalogue"]
    _company_path = "source_id.company_id"

    _external_id_unique = models.UniqueIndex("(source_id, external_id)", "The source has this location already.")
