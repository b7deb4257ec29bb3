# Part of the SPP attendance suite. LGPL-3.
"""Many people, rosters, sessions and marks, made by SQL and the same every time.

Shares are drawn by multiples of the golden section (1327217884 / 2147483647), which spread evenly. Each table is filled by copying one row that Odoo itself made, with other values in some columns; what is not named is as
Odoo leaves it. Every roster has `PER_ROSTER` people and meets once a week, in turn as each of the session types.
"""

from contextlib import closing
from datetime import UTC, datetime

from psycopg2 import sql

from tools.database import connect

PER_ROSTER = 40
FIRST_DAY = "2023-01-02"
#: What each policy says beside the defaults: counted as the status says, weighed, turned into absences.
POLICIES = (
    {"name": "Plain", "deadline_hours": 24, "lock_hours": 72},
    {"name": "Weighed", "late_counting": "weight", "late_weight": 0.5},
    {"name": "Three lates", "late_counting": "absences", "lates_per_absence": 3},
    {"name": "Weighed excuses", "excused_counting": "weight", "excused_weight": 0.25},
)
#: Percentage of the marks up to which a status is taken.
_STATUSES = {"present": 78, "late": 85, "partial": 87, "absent": 94, "excused": 97, "medical": 99, "on_hold": 100}


class Registers:
    """The rows of a workload on one database.

    :param admin: `tools.rpc.Client` of the administrator
    :param database: its name
    :param people: number of people, a multiple of `PER_ROSTER`
    """

    def __init__(self, admin, database, people):
        self.admin, self.database = admin, database
        self.people, self.rosters = people, people // PER_ROSTER
        self.sessions = 0
        self._make_seeds()
        with closing(connect(self.database)) as connection, connection, connection.cursor() as cursor:
            self._add_people(cursor)

    def _make_seeds(self):
        create = self.admin.call
        self.policy_ids = create("spp.session.policy", "create", [*POLICIES])
        self.type_ids = create(
            "spp.session.type",
            "create",
            [{"name": f"Course {n}", "code": f"BENCH{n}", "policy_id": p} for n, p in enumerate(self.policy_ids)]
            + [{"name": "Course without a policy", "code": "BENCH"}],
        )
        self._person = create("res.partner", "create", [{"name": "Person", "is_registrant": True}])[0]
        self._roster = create(
            "spp.session.roster",
            "create",
            [{"name": "Roster", "session_type_id": self.type_ids[0], "location": "Branch", "tz": "Africa/Kampala"}],
        )[0]
        day = {"partner_id": self._person, "roster_id": self._roster, "date_from": FIRST_DAY}
        self._membership = create("spp.session.roster.membership", "create", [day])[0]
        session = {
            "name": "Session",
            "session_type_id": self.type_ids[0],
            "roster_id": self._roster,
            "date": FIRST_DAY,
            "start_time": 8.5,
            "end_time": 10.5,
        }
        self._session = create("spp.session", "create", [session])[0]
        create("spp.session", "action_submit", [self._session])
        mark = ("session_id", "=", self._session)
        self._mark = create("spp.session.attendance", "search", [mark])[0]

    def _add_people(self, cursor):
        numbers = f"generate_series(0, {self.people - 1}) n"
        self.first_person = copy_row(
            cursor,
            "res_partner",
            self._person,
            numbers,
            {
                "id": "n + {first}",
                "name": "'Person ' || n",
                "complete_name": "'Person ' || n",
                "commercial_partner_id": "n + {first}",
            },
        )
        self.first_roster = copy_row(
            cursor,
            "spp_session_roster",
            self._roster,
            f"generate_series(0, {self.rosters - 1}) n",
            {
                "id": "n + {first}",
                "name": "'Roster ' || n",
                "session_type_id": self._pick(self.type_ids, "n"),
                "location": "'Branch ' || n % 20",
            },
        )
        copy_row(
            cursor,
            "spp_session_roster_membership",
            self._membership,
            numbers,
            {
                "id": "n + {first}",
                "partner_id": f"n + {self.first_person}",
                "roster_id": f"n / {PER_ROSTER} + {self.first_roster}",
            },
        )

    def grow(self, marks):
        """Hold more sessions until there are so many marks.

        Of 100 sessions 96 are held and submitted, two are cancelled and two still open.
        """
        first, self.sessions = self.sessions, marks // PER_ROSTER
        sessions = f"generate_series({first}, {self.sessions - 1}) n"
        with closing(connect(self.database)) as connection:
            with connection, connection.cursor() as cursor:
                first_session = copy_row(
                    cursor, "spp_session", self._session, sessions, self._session_values(), number=first
                )
                each = f"{sessions} CROSS JOIN generate_series(0, {PER_ROSTER - 1}) seat"
                cursor.execute(
                    sql.SQL(
                        "INSERT INTO session_expected_participant_rel (session_id, partner_id)"
                        " SELECT n + {} - {}, {} FROM {}"
                    ).format(*map(sql.SQL, (str(first_session), str(first), self._seat(), each)))
                )
                copy_row(
                    cursor,
                    "spp_session_attendance",
                    self._mark,
                    f"""{each}
                    JOIN LATERAL ({self._drawn_status()}) drawn ON TRUE
                    JOIN spp_attendance_status status ON status.code = drawn.code
                    JOIN spp_session session ON session.id = n + {first_session - first}
                    JOIN LATERAL (SELECT CASE drawn.number / 100 % 50 WHEN 0 THEN 'guest' WHEN 1 THEN 'hold'
                                                                     ELSE 'expected' END AS standing) place ON TRUE""",
                    self._mark_values(),
                    number=first * PER_ROSTER,
                )
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")

    def schedule(self):
        """One session of each roster that is still to come, for forecasts."""
        with closing(connect(self.database)) as connection, connection, connection.cursor() as cursor:
            values = self._session_values() | {
                "state": "'scheduled'",
                "register_state": "'none'",
                "submitted_at": "NULL",
                "submitted_by_id": "NULL",
                "date": "CURRENT_DATE + 30",
                "start_datetime": "CURRENT_DATE + 30 + interval '6 hours'",
                "end_datetime": "CURRENT_DATE + 30 + interval '8 hours'",
            }
            sessions = f"generate_series(0, {self.rosters - 1}) n"
            first = copy_row(cursor, "spp_session", self._session, sessions, values)
            cursor.execute(
                sql.SQL(
                    "INSERT INTO session_expected_participant_rel (session_id, partner_id)"
                    " SELECT n + {}, {} FROM {}, generate_series(0, {}) seat"
                ).format(*map(sql.SQL, (str(first), self._seat(), sessions, str(PER_ROSTER - 1))))
            )

    # --- values

    @staticmethod
    def _pick(ids, number):
        return f"(ARRAY[{', '.join(map(str, ids))}])[({number}) % {len(ids)} + 1]"

    def _seat(self):
        """The person on a seat of the roster of session n."""
        return f"{self.first_person} + n % {self.rosters} * {PER_ROSTER} + seat"

    def _drawn_status(self):
        steps = " ".join(f"WHEN draw.percent < {limit} THEN '{code}'" for code, limit in _STATUSES.items())
        return f"""SELECT draw.number, CASE {steps} END AS code
                     FROM (SELECT mix.number, mix.number * 100 / 2147483647 AS percent
                             FROM (SELECT (n * {PER_ROSTER} + seat + 1)::bigint * 1327217884 % 2147483647 AS number) mix
                          ) draw"""  # noqa: S608 - constants only

    def _session_values(self):
        week = f"(n / {self.rosters})"
        day = f"DATE '{FIRST_DAY}' + {week} * 7 + n % {self.rosters} % 5"
        drawn = "(n + 1)::bigint * 1327217884 % 2147483647 * 100 / 2147483647"
        case = f"CASE WHEN {drawn} < 2 THEN {{}} WHEN {drawn} < 4 THEN {{}} ELSE {{}} END".format
        kind = f"n % {self.rosters} + {week}"
        own = f"n % {self.rosters} % 10 = 9"
        policies = [*self.policy_ids, self.admin.ref("spp_session_tracking.session_policy_default")]
        submitted = f"({day}) + interval '8 hours'"
        return {
            "id": "n + {first}",
            "name": "'Session ' || n",
            "roster_id": f"{self.first_roster} + n % {self.rosters}",
            "session_type_id": self._pick(self.type_ids, kind),
            "applied_policy_id": f"CASE WHEN {own} THEN {self.policy_ids[2]} ELSE {self._pick(policies, kind)} END",
            "location": "'Branch ' || n % 20",
            "date": day,
            "start_datetime": f"({day}) + interval '5 hours 30 minutes'",
            "end_datetime": f"({day}) + interval '7 hours 30 minutes'",
            "checkin_from": "NULL",
            "checkin_until": "NULL",
            "submission_deadline": "NULL",
            "lock_datetime": "NULL",
            "occurrence_datetime": "NULL",
            "state": case("'cancelled'", "'in_progress'", "'completed'"),
            "register_state": case("'cancelled'", "'partly'", "'taken'"),
            "submitted_at": case("NULL", "NULL", submitted),
            "submitted_by_id": case("NULL", "NULL", "seed.submitted_by_id"),
        }

    def _mark_values(self):
        return {
            "id": f"n * {PER_ROSTER} + seat + {{first}}",
            "session_id": "session.id",
            "participant_id": self._seat(),
            "status_id": "status.id",
            "is_attended": "status.is_attended",
            "is_excused": "status.is_excused",
            "attendance_time": "CASE WHEN status.is_attended THEN session.start_datetime"
            " + make_interval(mins => (CASE drawn.code WHEN 'present' THEN 0 ELSE 6 + drawn.number / 100 % 25 END)::int) END",
            "late_minutes": "CASE drawn.code WHEN 'late' THEN 6 + drawn.number / 100 % 25 ELSE 0 END",
            "standing": "place.standing",
            "excuse_state": "CASE WHEN status.is_excused THEN 'granted' END",
            "is_announced": "status.is_excused AND drawn.number % 2 = 0",
            "is_unexplained": "place.standing = 'expected' AND drawn.code = 'absent'",
            "source": "CASE drawn.code WHEN 'absent' THEN 'submission' ELSE 'person' END",
            "session_date": "session.date",
            "session_type_id": "session.session_type_id",
        }


def copy_row(cursor, table, seed, source, values, number=0):
    """Insert copies of a row.

    :param source: FROM list whose `n` numbers the copies
    :param values: dict column -> SQL with `seed` (the row) and `{first}` (the id of number 0)
    :param number: the first number
    :return: id of the first copy
    """
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    )
    columns = [name for (name,) in cursor.fetchall()]
    now = f"TIMESTAMP '{datetime.now(UTC):%Y-%m-%d %H:%M:%S}'"
    values = {"create_date": now, "write_date": now, **values}
    cursor.execute(sql.SQL("SELECT MAX(id) + 1 FROM {}").format(sql.Identifier(table)))
    first = cursor.fetchone()[0]
    known = {name: values[name].replace("{first}", str(first - number)) for name in columns if name in values}
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} seed CROSS JOIN {source} WHERE seed.id = {seed}"
        ).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(
                sql.SQL(known[name]) if name in known else sql.Identifier("seed", name) for name in columns
            ),
            source=sql.SQL(source),
            seed=sql.Literal(seed),
        )
    )
    cursor.execute(
        sql.SQL("SELECT setval(pg_get_serial_sequence(%s, 'id'), MAX(id)) FROM {}").format(sql.Identifier(table)),
        [table],
    )
    return first
