# Part of the SPP attendance suite. LGPL-3.
"""Count, decide and apply as somebody would write it in plain SQL for the requirement of `bench.compliance_data` alone.

It knows neither other criteria, sources nor any other measure, and goes past Odoo.
"""

from contextlib import closing

from bench.compliance_data import FIRST_DAY, GROUP_PERCENTAGE, LAST_DAY, THRESHOLD
from tools.database import connect

_STATES = "('draft', 'enrolled', 'non_compliant')"
_FACTS = f"state = 'active' AND attendance_date BETWEEN '{FIRST_DAY}' AND '{LAST_DAY}'"
_COUNTS = f"""
    SELECT partner_id, expected, GREATEST(weight - COALESCE(absences, 0), 0) AS weight, pending, hash
      FROM (SELECT partner_id,
                   COUNT(*) FILTER (WHERE is_in_denominator) AS expected,
                   COALESCE(SUM(weight) FILTER (WHERE is_in_denominator), 0) AS weight,
                   COUNT(*) FILTER (WHERE is_pending) AS pending,
                   encode(sha256(convert_to(string_agg(concat_ws(
                       '|', id, attendance_date, weight, is_in_denominator, is_attended, is_excused, is_pending,
                       lates_per_absence), ';' ORDER BY id), 'UTF8')), 'hex') AS hash
              FROM spp_event_attendance
             WHERE {_FACTS}
          GROUP BY partner_id) counts
 LEFT JOIN (SELECT partner_id, SUM(late / lates_per_absence) AS absences
              FROM (SELECT partner_id, lates_per_absence, COUNT(*) AS late
                      FROM spp_event_attendance
                     WHERE {_FACTS} AND lates_per_absence > 0
                  GROUP BY partner_id, type_id, lates_per_absence) part
          GROUP BY partner_id) lates USING (partner_id)
"""  # noqa: S608 - constants only
_EXEMPT = f"""
    SELECT partner_id FROM spp_attendance_exemption
     WHERE active AND date_from <= '{LAST_DAY}' AND (date_to IS NULL OR date_to >= '{LAST_DAY}')
"""  # noqa: S608 - constants only
_REASON = f"""
    CASE WHEN {{person}} IN ({_EXEMPT}) THEN 'exempt'
         WHEN counts.expected > 0 AND 100 * counts.weight >= {THRESHOLD} * counts.expected THEN 'met'
         WHEN COALESCE(counts.expected, 0) = 0 THEN 'nothing_expected'
         WHEN counts.pending > 0 AND 100 * counts.weight >= {THRESHOLD} * (counts.expected - counts.pending)
         THEN 'excuse_pending'
         ELSE 'below' END
"""
_COUNTED = f"""
    COALESCE(counts.weight, 0) AS counted, COALESCE(counts.expected, 0) AS expected,
    COALESCE({THRESHOLD} * counts.expected / 100.0, 0) AS required, {_REASON} AS reason, counts.hash
"""
_PEOPLE = f"""
    SELECT membership.*, {_COUNTED.format(person="membership.partner_id")} FROM spp_cycle_membership membership
 LEFT JOIN ({_COUNTS}) counts USING (partner_id)
     WHERE membership.cycle_id = %(cycle)s AND membership.state IN {_STATES}
"""  # noqa: S608 - constants only
_MEMBERS = f"""
    SELECT found.*, CASE WHEN reason IN ('met', 'exempt') THEN 'included' WHEN reason = 'below' THEN 'not_included'
                         ELSE 'unknown' END AS result
      FROM (SELECT membership.id AS membership_id, person.id AS partner_id, {_COUNTED.format(person="person.id")}
              FROM spp_cycle_membership membership
              JOIN spp_group_membership member ON member."group" = membership.partner_id AND member.is_ended IS NOT TRUE
              JOIN res_partner person ON person.id = member.individual AND person.disabled IS NULL
         LEFT JOIN ({_COUNTS}) counts ON counts.partner_id = person.id
             WHERE membership.cycle_id = %(cycle)s AND membership.state IN {_STATES}) found
"""  # noqa: S608 - constants only
_NEEDED = f"CEIL({GROUP_PERCENTAGE} * members.assessed / 100.0)"
_GROUPS = f"""
    SELECT membership.*, members.included AS counted, members.assessed AS expected, {_NEEDED} AS required,
           CASE WHEN membership.partner_id IN ({_EXEMPT}) THEN 'exempt' WHEN members.included >= {_NEEDED} THEN 'met'
                WHEN members.included + members.unknown >= {_NEEDED} THEN 'members_unknown' ELSE 'below' END AS reason,
           encode(sha256(convert_to(members.evidence, 'UTF8')), 'hex') AS hash
      FROM spp_cycle_membership membership
      JOIN (SELECT membership_id, COUNT(*) AS assessed, COUNT(*) FILTER (WHERE result = 'included') AS included,
                   COUNT(*) FILTER (WHERE result = 'unknown') AS unknown,
                   string_agg(concat_ws('|', partner_id, result, hash), ';' ORDER BY partner_id) AS evidence
              FROM people GROUP BY membership_id) members
        ON members.membership_id = membership.id
"""  # noqa: S608 - constants only
_DECIDE = """
    INSERT INTO spp_attendance_decision (
        run_id, membership_id, previous_state, previous_number, previous_decision_id, last_result, is_changed, counted,
        expected, required, result, reason, evidence_hash, create_date
    )
    SELECT %(run)s, found.id, found.state, found.number_of_attendance, found.attendance_decision_id, last.result,
           COALESCE(last.result <> found.result, FALSE), found.counted, found.expected, found.required, found.result,
           found.reason, found.hash, now()
      FROM (SELECT unit.*, CASE WHEN reason IN ('met', 'exempt') THEN 'compliant' WHEN reason = 'below' THEN 'non_compliant'
                                ELSE 'unknown' END AS result
              FROM ({units}) unit) found
 LEFT JOIN (SELECT membership_id, result FROM spp_attendance_decision WHERE run_id = %(last)s) last
        ON last.membership_id = found.id
"""
_DECIDE_PEOPLE = _DECIDE.format(units=_PEOPLE)
_DECIDE_GROUPS = f"""
    WITH people AS ({_MEMBERS}), decision AS ({_DECIDE.format(units=_GROUPS)} RETURNING id, membership_id)
    INSERT INTO spp_attendance_assessment (
        decision_id, partner_id, counted, expected, required, result, reason, evidence_hash
    )
    SELECT decision.id, partner_id, counted, expected, required, result, reason, hash
      FROM people JOIN decision USING (membership_id)
"""  # noqa: S608 - constants only
_APPLY = f"""
    UPDATE spp_cycle_membership membership
       SET state = CASE decision.result WHEN 'compliant' THEN 'enrolled' WHEN 'non_compliant' THEN 'non_compliant'
                   ELSE membership.state END,
           number_of_attendance = CASE decision.result WHEN 'unknown' THEN membership.number_of_attendance
                                  ELSE decision.counted END,
           attendance_decision_id = decision.id, write_uid = 1, write_date = now()
      FROM spp_attendance_decision decision
     WHERE decision.run_id = %(run)s AND decision.membership_id = membership.id
       AND membership.state IN {_STATES}
"""  # noqa: S608 - constants only


def filter_cycle(database, cycle, kind, watch):
    """Decide about a cycle and apply it, each as one transaction.

    :param kind: "individual" or "group"
    :param watch: function that runs a step and notes its time: `watch(name, function)`
    """
    with closing(connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("SET TIME ZONE 'UTC'")
        known = {"cycle": cycle}

        def decide():
            cursor.execute(
                """
                WITH last AS (SELECT MAX(id) AS id FROM spp_attendance_compliance_run
                               WHERE cycle_id = %(cycle)s AND state = 'applied')
                INSERT INTO spp_attendance_compliance_run (cycle_id, company_id, kind, state, user_id, create_date)
                SELECT cycle.id, cycle.company_id, 'filter', 'decided', 1, now() FROM spp_cycle cycle WHERE cycle.id = %(cycle)s
                RETURNING id, company_id, (SELECT id FROM last)
                """,
                known,
            )
            known["run"], known["company"], known["last"] = cursor.fetchone()
            cursor.execute(_DECIDE_GROUPS if kind == "group" else _DECIDE_PEOPLE, known)
            connection.commit()

        def apply():
            cursor.execute("SELECT FROM spp_cycle WHERE id = %(cycle)s FOR UPDATE", known)
            cursor.execute(_APPLY, known)
            cursor.execute("UPDATE spp_attendance_compliance_run SET state = 'applied' WHERE id = %(run)s", known)
            connection.commit()

        watch("decide", decide)
        watch("apply", apply)
