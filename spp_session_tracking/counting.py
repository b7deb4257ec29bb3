# Part of the SPP attendance suite. LGPL-3.
"""What attendance counts for, said once: SQL for sets of people, and the same in Python for single numbers and words.

The marks of registers (the view ``spp_attendance_fact``) and the ledger of other addons are both `Facts`; whoever counts on
one of them takes the terms from here: what a fact weighs, when late arrivals take an attendance away, when a requirement is
met, how much is missing, which sessions are still to come, and who is a member of a group. Numbers are exact decimals: 79.5 %
is never 80 %, and a tie is enough.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from odoo.tools import SQL

_CENT = Decimal("0.01")
#: What is summed up as a part of an attendance, and so gets less by late arrivals.
_NET = ("weight", "kept")


class Entry(NamedTuple):
    """How one fact enters a count.

    :ivar is_counted: whether it is in the denominator
    :ivar weight: how much of an attendance it is
    :ivar is_attended: whether its day counts as attended
    """

    is_counted: bool
    weight: Decimal
    is_attended: bool


@dataclass(frozen=True)
class Facts:
    """A relation with one row per attendance fact, which SQL reads under the name ``fact``.

    Both relations have the columns id, partner_id, company_id, is_attended, is_excused, weight, and lates_per_absence: of a
    late arrival that counts, how many like it take one attendance away; 0 of everything else. The other columns have names
    of their own.

    :ivar table: name of the table or view
    :ivar day: column with the local day
    :ivar session_type: column with the type; late arrivals are reckoned per type
    :ivar in_denominator: column that says whether the fact counts
    :ivar pending: column that says whether an excuse is asked for and not decided
    :ivar live: condition on what may be counted at all
    """

    table: str
    day: str
    session_type: str
    in_denominator: str
    pending: str
    live: SQL

    def column(self, name):
        """:return: SQL of a column, named as here (day, session_type, in_denominator, pending) or as in the relation"""
        own = {name: getattr(self, name) for name in ("day", "session_type", "in_denominator", "pending")}
        return SQL.identifier("fact", own.get(name, name))

    # --- one fact

    def counted(self, excused="register"):
        """Whether a fact is in the denominator.

        :param str excused: how excused absences count: "register" (as the register weighs them), "attended" or "absent"
        :return: SQL
        """
        own = self.column("in_denominator")
        return own if excused == "register" else SQL("(%s OR fact.is_excused)", own)

    def weight(self, excused="register"):
        """How much of an attendance a fact is; see `counted`.

        :return: SQL
        """
        if excused == "register":
            return SQL("fact.weight")
        return SQL("CASE WHEN fact.is_excused THEN %s ELSE fact.weight END", SQL("1" if excused == "attended" else "0"))

    def attended(self, excused="register"):
        """Whether the day of a fact counts as attended; see `counted`.

        :return: SQL
        """
        return SQL("(fact.is_attended OR fact.is_excused)" if excused == "attended" else "fact.is_attended")

    def between(self, first=None, last=None):
        """The facts of a period, both days included; None: no limit.

        :return: SQL
        """
        conditions = [self.live]
        if first:
            conditions.append(SQL("%s >= %s", self.column("day"), first))
        if last:
            conditions.append(SQL("%s <= %s", self.column("day"), last))
        return SQL(" AND ").join(conditions)

    def one_of(self, name, values):
        """The facts with one of these values in a column; None: all facts.

        :return: SQL
        """
        return SQL("TRUE") if values is None else SQL("%s = ANY(%s)", self.column(name), list(values))

    # --- many facts

    def days(self, excused="register"):
        """On how many different days somebody attended; two sessions on one day are one day.

        :return: SQL aggregate
        """
        return SQL("COUNT(DISTINCT %s) FILTER (WHERE %s)", self.column("day"), self.attended(excused))

    def tally(self, by, condition, source=None, of="fact", excused="register", sums=None, whole=None):
        """Count facts in groups.

        Late arrivals that are several to an absence are counted per group, session type and rule. A sum over such parts is a
        sum over all; what needs all facts of a group at once (`whole`) is made beside them.

        :param by: names of the columns to group by
        :param condition: SQL on ``fact`` (and on what else is in `source`)
        :param source: SQL of what is read, with the relation as ``fact``; None: the relation alone
        :param str of: the relation in `source` that has the columns of `by`
        :param excused: see `counted`
        :param dict sums: name -> SQL aggregate that may be added up, besides those below
        :param dict whole: name -> SQL aggregate that may not
        :return: SQL with the columns of `by`, counted (how many are in the denominator), weight, pending (how many excuses are
            not decided), the names of `sums` and `whole`, deducted (attendances that late arrivals take away), net_weight
            (weight without them, never below zero), and net_kept where `sums` has kept
        """
        source = source or SQL("%s fact", SQL.identifier(self.table))
        counted = self.counted(excused)
        sums = {
            "counted": SQL("COUNT(*) FILTER (WHERE %s)", counted),
            "weight": SQL("COALESCE(SUM(%s) FILTER (WHERE %s), 0)", self.weight(excused), counted),
            "pending": SQL("COUNT(*) FILTER (WHERE %s)", self.column("pending")),
            **(sums or {}),
        }
        terms = {
            "by": SQL(", ").join(SQL.identifier(of, name) for name in by),
            "names": SQL(", ").join(map(SQL.identifier, by)),
            "source": source,
            "condition": condition,
            "type": self.column("session_type"),
        }
        if whole:
            return self._tally_beside(sums | whole, terms)
        return SQL(
            """
            SELECT %(names)s, %(totals)s, SUM(deducted) AS deducted, %(net)s
              FROM (
                SELECT %(by)s, %(parts)s,
                       CASE WHEN fact.lates_per_absence > 0 THEN COUNT(*) / fact.lates_per_absence ELSE 0 END AS deducted
                  FROM %(source)s
                 WHERE %(condition)s
              GROUP BY %(by)s, %(type)s, fact.lates_per_absence
              ) part
          GROUP BY %(names)s
            """,
            parts=_named(sums),
            totals=_named({name: SQL("SUM(%s)", SQL.identifier(name)) for name in sums}),
            net=_named(
                {f"net_{name}": _less(SQL("SUM(%s)", SQL(name)), SQL("SUM(deducted)")) for name in _NET if name in sums}
            ),
            **terms,
        )

    def _tally_beside(self, aggregates, terms):
        deducted = SQL("COALESCE(lates.deducted, 0)")
        return SQL(
            """
            WITH totals AS MATERIALIZED (
                SELECT %(by)s, %(aggregates)s FROM %(source)s WHERE %(condition)s GROUP BY %(by)s
            ),
            lates AS MATERIALIZED (
                SELECT %(names)s, SUM(late / lates_per_absence) AS deducted
                  FROM (SELECT %(by)s, fact.lates_per_absence, COUNT(*) AS late
                          FROM %(source)s
                         WHERE %(condition)s AND fact.lates_per_absence > 0
                      GROUP BY %(by)s, %(type)s, fact.lates_per_absence) part
              GROUP BY %(names)s
            )
            SELECT totals.*, %(deducted)s AS deducted, %(net)s
              FROM totals LEFT JOIN lates USING (%(names)s)
            """,
            aggregates=_named(aggregates),
            deducted=deducted,
            net=_named(
                {f"net_{name}": _less(SQL.identifier("totals", name), deducted) for name in _NET if name in aggregates}
            ),
            **terms,
        )


#: What the submitted registers say.
MARKS = Facts("spp_attendance_fact", "day", "session_type_id", "is_counted", "is_requested", SQL("TRUE"))


def _named(columns):
    return SQL(", ").join(SQL("%s AS %s", column, SQL.identifier(name)) for name, column in columns.items())


def _less(weight, deducted):
    return SQL("GREATEST(%s - %s, 0)", weight, deducted)


def entry(is_attended, is_excused, is_in_denominator, weight, excused="register"):
    """How a fact enters a count: `Facts.counted`, `Facts.weight` and `Facts.attended` in Python.

    :param excused: see `Facts.counted`
    :return: `Entry`
    """
    if excused == "register" or not is_excused:
        return Entry(is_in_denominator, exact(weight), is_attended)
    return Entry(True, Decimal(excused == "attended"), is_attended or excused == "attended")


# --- requirements


def exact(number):
    """A number as Odoo reads it from a numeric column, without what makes the float 0.3 a little less.

    :return: Decimal
    """
    return Decimal(str(number))


def net_weight(weight, deducted):
    """What is left of attendances when late arrivals have taken some away; never below zero.

    :return: Decimal
    """
    return max(exact(weight) - deducted, Decimal(0))


def share(weight, counted):
    """Attendance as an exact percentage; None when nothing is in the denominator.

    :return: Decimal or None
    """
    return 100 * exact(weight) / int(counted) if counted else None


def rate(weight, counted):
    """`share` to two places, as it is shown; a half is rounded up."""
    exactly = share(weight, counted)
    return None if exactly is None else exactly.quantize(_CENT, ROUND_HALF_UP)


def is_share_met(weight, counted, required):
    """Whether a percentage is reached.

    :param required: percentage; 0: nothing is required
    :return: True, False, or None when nothing is known
    """
    required = exact(required)
    if not required:
        return True
    return 100 * exact(weight) >= required * int(counted) if counted else None


def sql_is_share_met(weight, counted, required):
    """`is_share_met`, of SQL terms.

    :return: SQL that is NULL when nothing is known
    """
    return SQL(
        "CASE WHEN %(required)s = 0 THEN TRUE WHEN %(counted)s > 0"
        " THEN 100 * %(weight)s >= %(required)s * %(counted)s END",
        weight=weight,
        counted=counted,
        required=required,
    )


def needed_for_share(weight, counted, required, remaining=0):
    """How many of the sessions that remain have to be attended to reach a percentage of all; none of them: what is missing.

    Each session that remains raises what is asked for as well.

    :return: int; 0 or less: it is reached whatever comes
    """
    wanted = exact(required) * (int(counted) + remaining) / 100
    return int((wanted - exact(weight)).to_integral_value(ROUND_CEILING))


def sql_needed_for_share(weight, counted, required, remaining=None):
    """`needed_for_share`, of SQL terms.

    :return: SQL
    """
    whole = counted if remaining is None else SQL("(%s + %s)", counted, remaining)
    return SQL("CEIL(%s * %s / 100 - %s)", required, whole, weight)


# --- sessions to come


def sessions_to_come(moment, first=None, last=None, session_types=None, locations=None, companies=None):
    """Which sessions a person can still attend: expected there, not on hold, not over, and nothing is decided yet.

    Whose absence from a session would count for nothing, because of a hold of the roster, has no session to come there.

    :param moment: datetime in UTC from which it is asked
    :param first, last: first and last local day, None: no limit
    :param session_types: ids, None: all
    :param locations: texts, None: all
    :param companies: ids of the companies whose sessions count (and those of no company), None: all
    :return: SQL of a relation with one row per person and session: partner_id, session_id, date
    """
    conditions = [
        SQL("session.state IN ('scheduled', 'in_progress') AND session.submitted_at IS NULL"),
        SQL("session.end_datetime >= %s", moment),
    ]
    if first:
        conditions.append(SQL("session.date >= %s", first))
    if last:
        conditions.append(SQL("session.date <= %s", last))
    if session_types is not None:
        conditions.append(SQL("session.session_type_id = ANY(%s)", list(session_types)))
    if locations is not None:
        conditions.append(SQL("session.location = ANY(%s)", list(locations)))
    if companies is not None:
        conditions.append(SQL("(session.company_id IS NULL OR session.company_id = ANY(%s))", list(companies)))
    return SQL(
        """
        SELECT expected.partner_id, session.id AS session_id, session.date
          FROM session_expected_participant_rel expected
          JOIN spp_session session ON session.id = expected.session_id
         WHERE %s AND NOT EXISTS (
                SELECT FROM spp_session_roster_hold hold
                  JOIN spp_session_roster_membership span
                    ON span.roster_id = hold.roster_id AND span.partner_id = hold.partner_id
                 WHERE hold.roster_id = session.roster_id AND hold.partner_id = expected.partner_id
                   AND session.date BETWEEN hold.date_from AND hold.date_to
                   AND session.date >= span.date_from AND (span.date_to IS NULL OR session.date <= span.date_to))
        """,
        SQL(" AND ").join(conditions),
    )


# --- members of groups


def age(person, day):
    """Whole years of a person on a day.

    :param person: name of the relation res_partner in SQL
    :return: SQL; NULL without birth date
    """
    return SQL("EXTRACT(YEAR FROM age(%s::date, %s))::int", day, SQL.identifier(person, "birthdate"))


def is_present(person):
    """Whether a registrant is there at all: neither disabled nor archived.

    :param person: name of the relation res_partner in SQL
    :return: SQL
    """
    return SQL("(%s AND %s IS NULL)", SQL.identifier(person, "active"), SQL.identifier(person, "disabled"))


def present_members(env, moment, roles=(), age_from=0, age_to=0, age_on=None):
    """Who belongs to a group: membership not ended, person neither disabled nor archived, in one of the roles, of that age.

    :param moment: datetime in UTC at which it is asked
    :param roles: ids of `spp.vocabulary.code`; none: every role
    :param age_from, age_to: whole years, both included; 0: no limit. Who has no birth date is left out where one is set
    :param age_on: day on which ages are counted
    :return: SQL condition on the relations ``member`` (spp_group_membership) and ``person`` (res_partner)
    """
    conditions = [
        SQL("member.is_ended IS NOT TRUE AND (member.ended_date IS NULL OR member.ended_date > %s)", moment),
        is_present("person"),
    ]
    if age_from or age_to:
        conditions.append(SQL("%s >= %s", age("person", age_on), age_from))
    if age_to:
        conditions.append(SQL("%s <= %s", age("person", age_on), age_to))
    if roles:
        field = env["spp.group.membership"]._fields["membership_type_ids"]
        conditions.append(
            SQL(
                "EXISTS (SELECT FROM %s role WHERE role.%s = member.id AND role.%s = ANY(%s))",
                SQL.identifier(field.relation),
                SQL.identifier(field.column1),
                SQL.identifier(field.column2),
                list(roles),
            )
        )
    return SQL(" AND ").join(conditions)
