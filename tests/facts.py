# Part of the SPP attendance suite. LGPL-3.
"""Facts straight into the attendance ledger, past registers and servers."""

from contextlib import closing

from tools.database import connect

# a register's facts have the number of the mark: negative numbers meet none
_INSERT = """
    INSERT INTO spp_event_attendance (
        source_id, external_id, partner_id, company_id, attendance_date, is_attended, weight, is_in_denominator, is_excused,
        is_pending, lates_per_absence, state
    )
    SELECT source.id, (-fact.number - (SELECT COUNT(*) FROM spp_event_attendance))::text, fact.partner, 1, fact.day,
           fact.attended, CASE WHEN fact.attended THEN 1 ELSE 0 END, TRUE, FALSE, FALSE, 0, 'active'
      FROM unnest(%s::int[], %s::date[], %s::bool[]) WITH ORDINALITY fact (partner, day, attended, number)
      JOIN spp_attendance_source source ON source.kind = 'session'
"""


def add_facts(database, facts):
    """Expect people on days, and say whether they attended.

    :param facts: list of (partner id, day, whether the person attended)
    """
    people, days, attended = (list(column) for column in zip(*facts, strict=True))
    with closing(connect(database)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(_INSERT, [people, days, attended])
        cursor.execute("ANALYZE spp_event_attendance")
