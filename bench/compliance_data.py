# Part of the SPP attendance suite. LGPL-3.
"""People in households with facts in the attendance ledger, and cycles they are members of; the same every time.

Facts are drawn by multiples of the golden section (see `bench.data`). Of 50 people one has facts only outside the cycle, of
97 memberships one is paused and of 89 one a draft. Of 61 people one is exempt, and of 101 households one.
"""

from contextlib import closing

from bench.data import copy_row
from tools.database import connect

FACTS, HOUSEHOLD = 12, 4
FIRST_DAY, LAST_DAY = "2025-10-01", "2025-10-31"
THRESHOLD, GROUP_PERCENTAGE = 80, 60
_LATES_PER_ABSENCE = 3


class Ledger:
    """The rows of the workload on one database.

    :param admin: `tools.rpc.Client` of the administrator
    :param database: its name
    """

    def __init__(self, admin, database):
        self.admin, self.database = admin, database
        self.people = 0
        self._make_seeds()

    def _make_seeds(self):
        create = self.admin.call
        kinds = create("spp.session.type", "create", [{"name": name} for name in ("Clinic", "School")])
        self._person, self._group = create(
            "res.partner",
            "create",
            [{"name": "Person", "is_registrant": True}, {"name": "Household", "is_registrant": True, "is_group": True}],
        )
        self._group_membership = create(
            "spp.group.membership", "create", [{"group": self._group, "individual": self._person}]
        )[0]
        day = "2025-01-06"
        roster = create(
            "spp.session.roster",
            "create",
            [
                {
                    "name": "Roster",
                    "session_type_id": kinds[0],
                    "membership_ids": [(0, 0, {"partner_id": self._person, "date_from": day})],
                }
            ],
        )[0]
        session = {"name": "Session", "session_type_id": kinds[0], "roster_id": roster, "date": day}
        sessions = create("spp.session", "create", [{**session, "start_time": 8.0, "end_time": 10.0}])
        create("spp.session", "action_submit", sessions)
        (self._fact,) = create("spp.event.attendance", "search", [("partner_id", "=", self._person)])
        self.type_ids = create("spp.event.attendance.type", "search", [("external_id", "in", [str(k) for k in kinds])])
        self.program_ids = create(
            "spp.program",
            "create",
            [{"name": f"Program of {kind}s", "target_type": kind} for kind in ("individual", "group")],
        )

    def grow(self, people):
        """Add people with their facts until there are so many.

        :param people: a multiple of `HOUSEHOLD`
        """
        first, self.people = self.people, people
        numbers = f"generate_series({first}, {people - 1}) n"
        groups = f"generate_series({first // HOUSEHOLD}, {people // HOUSEHOLD - 1}) n"

        def named(word):
            return {
                "id": "n + {first}",
                "name": f"'{word} ' || n",
                "complete_name": f"'{word} ' || n",
                "commercial_partner_id": "n + {first}",
            }

        with closing(connect(self.database)) as connection:
            with connection, connection.cursor() as cursor:
                person = copy_row(cursor, "res_partner", self._person, numbers, named("Person"), number=first)
                group = copy_row(
                    cursor, "res_partner", self._group, groups, named("Household"), number=first // HOUSEHOLD
                )
                if not first:
                    # more people come later, when other rows have taken the next ids: each number has an id of its own
                    cursor.execute("CREATE TABLE bench_person (n int PRIMARY KEY, id int, household int)")
                cursor.execute(
                    "INSERT INTO bench_person SELECT n, n - %(first)s + %(person)s,"
                    " n / %(size)s - %(first)s / %(size)s + %(group)s FROM generate_series(%(first)s, %(last)s) n",
                    {"first": first, "last": people - 1, "person": person, "group": group, "size": HOUSEHOLD},
                )
                cursor.execute(
                    f"""
                    INSERT INTO spp_attendance_exemption (partner_id, company_id, date_from, reason, active)
                    SELECT exempt.id, (SELECT MIN(id) FROM res_company), %s, 'Far from school', TRUE
                      FROM (SELECT n, id FROM bench_person WHERE n %% 61 = 60
                             UNION
                            SELECT n, household FROM bench_person WHERE n %% {101 * HOUSEHOLD} = {100 * HOUSEHOLD}) exempt
                     WHERE n >= %s
                    """,  # noqa: S608 - constants only
                    [FIRST_DAY, first],
                )
                source = f"bench_person person JOIN {numbers} USING (n)"
                copy_row(
                    cursor,
                    "spp_group_membership",
                    self._group_membership,
                    source,
                    {"id": "n + {first}", "group": "person.household", "individual": "person.id"},
                    number=first,
                )
                copy_row(
                    cursor,
                    "spp_event_attendance",
                    self._fact,
                    f"{source} CROSS JOIN generate_series(0, {FACTS - 1}) fact JOIN LATERAL ({_DRAWN}) drawn ON TRUE",
                    self._fact_values(),
                    number=first * FACTS,
                )
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")

    def _fact_values(self):
        school = "fact % 3 = 0"
        is_late = "drawn.percent BETWEEN 80 AND 85"
        return {
            "id": f"n * {FACTS} + fact + {{first}}",
            "external_id": "'bench ' || n || ' ' || fact",
            "partner_id": "person.id",
            "attendance_date": f"DATE '{FIRST_DAY}' + fact * 2 + CASE n % 50 WHEN 49 THEN 31 ELSE 0 END",
            "attendance_time": "8",
            "attendance_datetime": f"TIMESTAMP '{FIRST_DAY} 08:00:00' + fact * interval '2 days'",
            "type_id": f"CASE WHEN {school} THEN {self.type_ids[0]} ELSE {self.type_ids[1]} END",
            "session_id": "NULL",
            "status_id": "NULL",
            "is_attended": "drawn.percent < 86",
            "weight": f"CASE WHEN drawn.percent >= 86 THEN 0.00 WHEN {is_late} AND NOT {school} THEN 0.50 ELSE 1.00 END",
            "lates_per_absence": f"CASE WHEN {is_late} AND {school} THEN {_LATES_PER_ABSENCE} ELSE 0 END",
            "is_in_denominator": "drawn.percent < 95 OR drawn.percent >= 98",
            "is_excused": "drawn.percent BETWEEN 95 AND 97",
            "is_pending": "drawn.percent >= 98",
        }

    def add_cycle(self, name, kind):
        """A cycle with everybody (or every household) as a member.

        :param name: its name
        :param kind: "individual" or "group"
        :return: its id
        """
        program = self.program_ids[kind == "group"]
        cycle = self.admin.call(
            "spp.cycle",
            "create",
            [
                {
                    "name": name,
                    "program_id": program,
                    "start_date": FIRST_DAY,
                    "end_date": LAST_DAY,
                    "attendance_required": True,
                    "attendance_measure": "percentage",
                    "attendance_threshold": THRESHOLD,
                    "attendance_group_rule": "percentage",
                    "attendance_group_percentage": GROUP_PERCENTAGE,
                }
            ],
            context={"spp_historical_import": True},
        )[0]
        member = "household" if kind == "group" else "id"
        with closing(connect(self.database)) as connection:
            with connection, connection.cursor() as cursor:
                cursor.execute(
                    f"""
                    INSERT INTO spp_cycle_membership (
                        partner_id, cycle_id, enrollment_date, state, create_uid, create_date, write_uid, write_date
                    )
                    SELECT {member}, %s, %s,
                           CASE WHEN MIN(n) %% 97 = 96 THEN 'paused' WHEN MIN(n) %% 89 = 88 THEN 'draft' ELSE 'enrolled' END,
                           1, now() AT TIME ZONE 'UTC', 1, now() AT TIME ZONE 'UTC'
                      FROM bench_person GROUP BY {member} ORDER BY {member}
                    """,  # noqa: S608 - constants only
                    [cycle, FIRST_DAY],
                )
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE spp_cycle_membership")
        return cycle


_DRAWN = f"""SELECT (n * {FACTS} + fact + 1)::bigint * 1327217884 % 2147483647 * 100 / 2147483647 AS percent"""
