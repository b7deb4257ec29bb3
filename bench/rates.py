# Part of the SPP attendance suite. LGPL-3.
"""Attendance rates of many people through `spp.attendance.statistics`, and the same rules as SQL written by hand.

`measure` runs in a process of its own with Odoo's `env`; `run` starts that process.
"""

import time
from contextlib import closing
from statistics import median

from tools import odoo
from tools.console import Failure
from tools.database import connect

#: The rules of `rate`, straight on the tables, without the view.
_BY_HAND = """
    SELECT participant_id, ROUND(100 * GREATEST(SUM(weight) - SUM(deducted), 0) / NULLIF(SUM(counted), 0), 2)
      FROM (SELECT mark.participant_id,
                   SUM(CASE WHEN status.kind = 'late' AND policy.late_counting = 'weight' THEN policy.late_weight
                            WHEN mark.is_excused AND policy.excused_counting = 'weight' THEN policy.excused_weight
                            ELSE status.weight END) FILTER (WHERE {counted}) AS weight,
                   COUNT(*) FILTER (WHERE {counted}) AS counted,
                   CASE WHEN policy.late_counting = 'absences'
                        THEN COUNT(*) FILTER (WHERE status.kind = 'late') / MAX(policy.lates_per_absence)
                        ELSE 0 END AS deducted
              FROM spp_session_attendance mark
              JOIN spp_session session ON session.id = mark.session_id
              JOIN spp_attendance_status status ON status.id = mark.status_id
         LEFT JOIN spp_session_policy policy ON policy.id = session.applied_policy_id
             WHERE session.state = 'completed' AND session.submitted_at IS NOT NULL
               AND mark.participant_id = ANY(%s)
          GROUP BY mark.participant_id, session.session_type_id, policy.late_counting, policy.lates_per_absence) part
  GROUP BY participant_id
""".format(  # noqa: S608 - constants only
    counted="(mark.is_attended OR mark.standing = 'expected')"
    " AND (status.is_in_denominator OR (mark.is_excused AND policy.excused_counting = 'weight'))"
)
_ROUNDS = 5


def run(database, first_person, people, session_type):
    """Measure in an Odoo process of its own.

    :param first_person: id of the first of the `people`, whose ids follow each other
    :param session_type: id of the type to forecast
    :return: dict with the seconds of `rate`, `by_hand`, `counts` and `forecast`, and how many `queries` each takes
    :raise Failure: when the two ways to the rates come to different figures
    """
    figures = odoo.ask(
        database,
        f"from bench import rates\nanswer = rates.measure(env, {first_person}, {people}, {session_type})",
    )
    if figures["different"]:
        raise Failure(f"{figures['different']} rates differ from those of the SQL by hand: one of the two is wrong.")
    return figures


def measure(env, first_person, people, session_type):
    """The figures of `run`, in a process of Odoo."""
    partners = env["res.partner"].browse(range(first_person, first_person + people))
    session_type = env["spp.session.type"].browse(session_type)
    statistics = env["spp.attendance.statistics"]
    with closing(connect(env.cr.dbname)) as connection, connection.cursor() as cursor:

        def by_hand():
            cursor.execute(_BY_HAND, [list(partners.ids)])
            return dict(cursor.fetchall())

        seconds: dict[str, list[float]] = {}
        results, queries = {}, {}
        work = {
            "by_hand": by_hand,
            "rate": lambda: statistics.rate(partners),
            "counts": lambda: statistics.counts(partners),
            "forecast": lambda: statistics.forecast(partners, session_type),
        }
        for _round in range(_ROUNDS + 1):  # in turn, so that a busy machine is busy for all of them
            for name, function in work.items():
                before, started = env.cr.sql_log_count, time.perf_counter()
                results[name] = function()
                seconds.setdefault(name, []).append(time.perf_counter() - started)
                queries[name] = env.cr.sql_log_count - before
    rates = {person: rate and float(rate) for person, rate in results["rate"].items()}  # Odoo reads numeric as float
    different = sum(results["by_hand"].get(person) != rate for person, rate in rates.items())
    figures = {name: median(times[1:]) for name, times in seconds.items()}
    known = sum(rate is not None for rate in rates.values())
    return figures | {"different": different, "queries": queries, "people_with_rate": known}
