# Part of the SPP attendance suite. LGPL-3.
"""Counts, rates, days and forecasts of sets of people, in a fixed number of queries."""

from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now

from ... import counting

COUNTS = ("sessions", "attended", "late", "late_minutes", "absent", "unexplained", "excused", "announced", "requested")
#: What is counted on marks besides what is counted on all facts.
_SUMS = {
    "sessions": SQL("COUNT(*)"),
    "late_minutes": SQL("COALESCE(SUM(fact.late_minutes), 0)"),
    **{
        name: SQL("COUNT(*) FILTER (WHERE %s)", SQL.identifier("fact", f"is_{name}"))
        for name in ("attended", "late", "absent", "unexplained", "excused", "announced", "requested")
    },
    "kept": SQL(
        "COALESCE(SUM(CASE WHEN fact.is_kept AND NOT fact.is_attended THEN 1"
        " WHEN fact.is_counted THEN fact.weight ELSE 0 END), 0)"
    ),
    "kept_counted": SQL("COUNT(*) FILTER (WHERE fact.is_counted OR fact.is_kept)"),
}


class AttendanceStatistics(models.AbstractModel):
    """The Python interface to attendance for other addons.

    Every method works on a whole set of people in a fixed number of grouped queries, however many people and marks there
    are. Only submitted registers count; cancelled sessions count for nobody. Arguments of all of them:

    * ``partners``: `res.partner` records
    * ``date_from``, ``date_to``: first and last local day of the sessions, included; None: no limit
    * ``session_types``: `spp.session.type` records, None: all
    * ``locations``: list of texts, None: all
    * ``companies``: `res.company` records whose sessions count (and those of no company), None: all
    """

    _name = "spp.attendance.statistics"
    _description = "Attendance Statistics"

    # --- SQL interface

    @api.model
    @api.private
    def _fact_condition(
        self, partners=None, date_from=None, date_to=None, session_types=None, locations=None, companies=None
    ):
        """A condition on the view ``spp_attendance_fact`` under the name ``fact``.

        :return: `odoo.tools.SQL`
        """
        conditions = [
            counting.MARKS.between(date_from, date_to),
            counting.MARKS.one_of("partner_id", None if partners is None else partners.ids),
            counting.MARKS.one_of("session_type", None if session_types is None else session_types.ids),
            counting.MARKS.one_of("location", locations),
        ]
        if companies is not None:
            conditions.append(SQL("(fact.company_id IS NULL OR fact.company_id = ANY(%s))", list(companies.ids)))
        return SQL(" AND ").join(conditions)

    @api.model
    @api.private
    def _flush_facts(self):
        self.env["spp.session.attendance"].flush_model()
        self.env["spp.session"].flush_model()
        self.env["spp.attendance.status"].flush_model()
        self.env["spp.session.policy"].flush_model()

    @api.model
    @api.private
    def _counts_query(self, condition, by=("partner_id",)):
        """Counts per person (or per whatever `by` names): one grouped query on the view.

        :param condition: SQL, as of `_fact_condition`
        :param by: names of the columns of the view to group by
        :return: SQL with the columns of `by`, `COUNTS`, kept, kept_counted, net_kept, and what `counting.Facts.tally` returns
        """
        return counting.MARKS.tally(by, condition, sums=_SUMS)

    @api.model
    @api.private
    def _days_query(self, condition, by=("partner_id",)):
        """On how many different local days people attended; two sessions on one day are one day.

        :param condition, by: as of `_counts_query`
        :return: SQL with the columns of `by`, then the number of days
        """
        names = SQL(", ").join(SQL.identifier("fact", name) for name in by)
        return SQL(
            "SELECT %s, %s AS days FROM spp_attendance_fact fact WHERE %s GROUP BY %s",
            names,
            counting.MARKS.days(),
            condition,
            names,
        )

    # --- Python interface

    @api.model
    @api.private
    def counts(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """What is known of each person.

        :return: dict partner id -> dict with `COUNTS` (int), weight (Decimal, after lates that became absences), counted
            (int, the denominator), deducted (int), kept and kept_counted (the same with announced absences as kept); people
            without any mark have zeros
        """
        self._flush_facts()
        numbers = (*COUNTS, "counted", "deducted", "kept_counted")
        condition = self._fact_condition(partners, date_from, date_to, session_types, locations, companies)
        columns = SQL(", ").join(map(SQL.identifier, (*numbers, "net_weight", "net_kept")))
        query = SQL("SELECT partner_id, %s FROM (%s) counts", columns, self._counts_query(condition))
        found = {
            partner_id: dict(zip(numbers, map(int, values), strict=True))
            | {"weight": counting.exact(weight), "kept": counting.exact(kept)}
            for partner_id, *values, weight, kept in self.env.execute_query(query)
        }
        nothing = dict.fromkeys(numbers, 0) | {"weight": Decimal(0), "kept": Decimal(0)}
        return {partner_id: found.get(partner_id) or dict(nothing) for partner_id in partners.ids}

    @api.model
    @api.private
    def rate(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """The attendance rate of each person: weights over the sessions in the denominator.

        :return: dict partner id -> Decimal percentage to two places, None where nothing is in the denominator
        """
        return self._percentages(
            "net_weight",
            "counted",
            self._fact_condition(partners, date_from, date_to, session_types, locations, companies),
            partners,
        )

    @api.model
    @api.private
    def commitment(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """The commitment rate of each person: present or announced in time.

        :return: dict partner id -> Decimal percentage to two places, None where nothing is in the denominator
        """
        return self._percentages(
            "net_kept",
            "kept_counted",
            self._fact_condition(partners, date_from, date_to, session_types, locations, companies),
            partners,
        )

    @api.model
    def _percentages(self, numerator, denominator, condition, partners):
        self._flush_facts()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, %s, %s FROM (%s) counts",
                SQL.identifier(numerator),
                SQL.identifier(denominator),
                self._counts_query(condition),
            )
        )
        found = {partner_id: self._percentage(part, whole) for partner_id, part, whole in rows}
        return {partner_id: found.get(partner_id) for partner_id in partners.ids}

    @api.model
    def _percentage(self, part, whole):
        return counting.rate(part, whole)

    @api.model
    @api.private
    def days(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """On how many different local days each person attended; two sessions on one day are one day.

        :return: dict partner id -> int
        """
        self._flush_facts()
        rows = self.env.execute_query(
            self._days_query(self._fact_condition(partners, date_from, date_to, session_types, locations, companies))
        )
        return dict.fromkeys(partners.ids, 0) | dict(rows)

    @api.model
    @api.private
    def is_met(self, weight, counted, required):
        """Whether a requirement is met, in exact numbers: 79.5 % is never 80 %, a tie is enough.

        :param weight: Decimal, what counts as attended
        :param counted: int, the denominator
        :param required: percentage; 0: there is no requirement
        :return: True, False, or None when nothing is known
        """
        return counting.is_share_met(weight, counted, required)

    @api.model
    @api.private
    def forecast(
        self, partners, session_type, date_from=None, date_to=None, required=None, companies=None, locations=None
    ):
        """Whether people can still reach the required attendance of a type in a period.

        With w attended of d sessions so far and m to come, somebody who misses k more ends at (w + m - k) / (d + m).

        :param session_type: one `spp.session.type` record
        :param required: percentage; None: the type's own
        :return: dict partner id -> dict with outcome ("safe": missing all others would do; "can_miss": `can_miss` more;
            "must_attend_all": the remaining ones; "impossible"), can_miss (int), remaining (int), rate (Decimal or None, of
            the sessions so far), rate_of_course (Decimal or None, if nothing more is attended), required
        """
        if required is None:
            required = session_type.required_attendance_percentage
        scope = (partners, date_from, date_to, session_type, locations, companies)
        counts, remaining = self.counts(*scope), self.remaining(*scope)
        forecasts = {}
        for partner_id, person in counts.items():
            to_come, weight, counted = remaining[partner_id], person["weight"], person["counted"]
            needed = counting.needed_for_share(weight, counted, required, to_come)
            if needed <= 0:
                outcome = "safe"
            elif needed > to_come:
                outcome = "impossible"
            else:
                outcome = "can_miss" if needed < to_come else "must_attend_all"
            forecasts[partner_id] = {
                "outcome": outcome,
                "can_miss": min(max(to_come - needed, 0), to_come),
                "remaining": to_come,
                "rate": counting.rate(weight, counted),
                "rate_of_course": counting.rate(weight, counted + to_come),
                "required": required,
            }
        return forecasts

    @api.model
    @api.private
    def remaining(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """How many sessions each person can still attend: expected, not on hold, not over, not submitted. One query.

        :return: dict partner id -> int
        """
        for model in ("spp.session", "spp.session.roster.hold", "spp.session.roster.membership"):
            self.env[model].flush_model()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, COUNT(*) FROM (%s) to_come WHERE partner_id = ANY(%s) GROUP BY partner_id",
                counting.sessions_to_come(
                    database_now(self.env),
                    date_from,
                    date_to,
                    None if session_types is None else session_types.ids,
                    locations,
                    None if companies is None else companies.ids,
                ),
                list(partners.ids),
            )
        )
        return dict.fromkeys(partners.ids, 0) | dict(rows)
