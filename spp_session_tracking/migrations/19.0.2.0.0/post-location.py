# Part of the SPP attendance suite. LGPL-3.
"""Places that sessions, rosters and types named in words become records, a company's own each."""

from odoo.tools import SQL

_PLACED = (
    ("spp_session", "location", "location_id"),
    ("spp_session_roster", "location", "location_id"),
    ("spp_session_type", "default_location", "default_location_id"),
)


def migrate(cr, version):
    for table, text, record in _PLACED:
        names = {"placed": SQL.identifier(table), "text": SQL.identifier(text), "record": SQL.identifier(record)}
        cr.execute(
            SQL(
                """
                INSERT INTO spp_session_location (name, company_id, active, create_uid, create_date, write_uid, write_date)
                SELECT DISTINCT btrim(%(text)s), company_id, TRUE, 1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC'
                  FROM %(placed)s WHERE btrim(%(text)s) <> ''
                    ON CONFLICT (name, COALESCE(company_id, 0)) DO NOTHING
                """,
                **names,
            )
        )
        cr.execute(
            SQL(
                """
                UPDATE %(placed)s placed SET %(record)s = place.id
                  FROM spp_session_location place
                 WHERE place.name = btrim(placed.%(text)s) AND place.company_id IS NOT DISTINCT FROM placed.company_id
                   AND placed.%(record)s IS NULL
                """,
                **names,
            )
        )
