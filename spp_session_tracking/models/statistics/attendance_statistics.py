# Part of the SPP attendance suite. LGPL-3.
from decimal import ROUND_HALF_UP, Decimal
from math import floor

from odoo import api, fields, models
from odoo.tools import SQL

COUNTS = ("sessions", "attended", "late", "late_minutes", "absent", "unexplained", "excused", "announced", "requested")
_CENT = Decimal("0.01")


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

    # ------------------------------------------------------------------ SQL interface

    @api.model
    @api.private
    def _fact_condition(
        self, partners=None, date_from=None, date_to=None, session_types=None, locations=None, companies=None
    ):
        """A condition on the view ``spp_attendance_fact`` under the name ``fact``.

        :return: `odoo.tools.SQL`
        """
        conditions = [SQL("TRUE")]
        if partners is not None:
            conditions.append(SQL("fact.partner_id = ANY(%s)", list(partners.ids)))
        if date_from:
            conditions.append(SQL("fact.day >= %s", date_from))
        if date_to:
            conditions.append(SQL("fact.day <= %s", date_to))
        if session_types is not None:
            conditions.append(SQL("fact.session_type_id = ANY(%s)", list(session_types.ids)))
        if locations is not None:
            conditions.append(SQL("fact.location = ANY(%s)", list(locations)))
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

        Late arrivals that are several to an absence are counted per person, session type and rule, so the inner query is
        grouped by those and the outer one adds them up.

        :param condition: SQL, as of `_fact_condition`
        :param by: names of the columns of the view to group by
        :return: SQL with the columns of `by`, then `COUNTS`, weight, counted, deducted, kept, kept_counted
        """
        return SQL(
            """
            SELECT %(outer_by)s, SUM(sessions) AS sessions, SUM(attended) AS attended, SUM(late) AS late,
                   SUM(late_minutes) AS late_minutes, SUM(absent) AS absent, SUM(unexplained) AS unexplained,
                   SUM(excused) AS excused, SUM(announced) AS announced, SUM(requested) AS requested,
                   SUM(weight) AS weight, SUM(counted) AS counted, SUM(deducted) AS deducted,
                   SUM(kept) AS kept, SUM(kept_counted) AS kept_counted
              FROM (
                SELECT %(by)s, COUNT(*) AS sessions,
                       COUNT(*) FILTER (WHERE fact.is_attended) AS attended,
                       COUNT(*) FILTER (WHERE fact.is_late) AS late,
                       COALESCE(SUM(fact.late_minutes), 0) AS late_minutes,
                       COUNT(*) FILTER (WHERE fact.is_counted AND NOT fact.is_attended AND NOT fact.is_excused) AS absent,
                       COUNT(*) FILTER (WHERE fact.is_unexplained) AS unexplained,
                       COUNT(*) FILTER (WHERE fact.is_excused) AS excused,
                       COUNT(*) FILTER (WHERE fact.is_announced) AS announced,
                       COUNT(*) FILTER (WHERE fact.is_requested) AS requested,
                       COALESCE(SUM(fact.weight) FILTER (WHERE fact.is_counted), 0) AS weight,
                       COUNT(*) FILTER (WHERE fact.is_counted) AS counted,
                       CASE WHEN fact.lates_per_absence > 0
                            THEN COUNT(*) FILTER (WHERE fact.is_late) / fact.lates_per_absence ELSE 0 END AS deducted,
                       COALESCE(SUM(CASE WHEN fact.is_kept AND NOT fact.is_attended THEN 1
                                         WHEN fact.is_counted THEN fact.weight ELSE 0 END), 0) AS kept,
                       COUNT(*) FILTER (WHERE fact.is_counted OR fact.is_kept) AS kept_counted
                  FROM spp_attendance_fact fact
                 WHERE %(condition)s
              GROUP BY %(by)s, fact.session_type_id, fact.lates_per_absence
              ) part
          GROUP BY %(outer_by)s
            """,
            by=SQL(", ").join(SQL.identifier("fact", name) for name in by),
            outer_by=SQL(", ").join(map(SQL.identifier, by)),
            condition=condition,
        )

    # ------------------------------------------------------------------ Python interface

    @api.model
    @api.private
    def counts(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """What is known of each person.

        :return: dict partner id -> dict with `COUNTS` (int), weight (Decimal, after lates that became absences), counted
            (int, the denominator), deducted (int), kept and kept_counted (the same with announced absences as kept); people
            without any mark have zeros
        """
        self._flush_facts()
        names = [*COUNTS, "weight", "counted", "deducted", "kept", "kept_counted"]
        condition = self._fact_condition(partners, date_from, date_to, session_types, locations, companies)
        found = {}
        for partner_id, *values in self.env.execute_query(self._counts_query(condition)):
            numbers = dict(zip(names, values, strict=True))
            counts = {name: int(numbers[name]) for name in (*COUNTS, "counted", "deducted", "kept_counted")}
            for name in ("weight", "kept"):
                counts[name] = max(self._exact(numbers[name]) - counts["deducted"], Decimal(0))
            found[partner_id] = counts
        nothing = dict.fromkeys(names, 0) | {"weight": Decimal(0), "kept": Decimal(0)}
        return {partner_id: found.get(partner_id) or dict(nothing) for partner_id in partners.ids}

    @api.model
    @api.private
    def rate(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """The attendance rate of each person: weights over the sessions in the denominator.

        :return: dict partner id -> Decimal percentage to two places, None where nothing is in the denominator
        """
        return self._percentages(
            "weight",
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
            "kept",
            "kept_counted",
            self._fact_condition(partners, date_from, date_to, session_types, locations, companies),
            partners,
        )

    @api.model
    def _percentages(self, numerator, denominator, condition, partners):
        self._flush_facts()
        rows = self.env.execute_query(
            SQL(
                "SELECT partner_id, GREATEST(%s - deducted, 0), %s FROM (%s) counts",
                SQL.identifier(numerator),
                SQL.identifier(denominator),
                self._counts_query(condition),
            )
        )
        found = {partner_id: self._percentage(part, whole) for partner_id, part, whole in rows}
        return {partner_id: found.get(partner_id) for partner_id in partners.ids}

    @api.model
    def _exact(self, number):
        """A number that Odoo's cursor read from a numeric column, without what makes 0.3 a float a little less."""
        return Decimal(str(number))

    @api.model
    def _percentage(self, part, whole):
        return (100 * self._exact(part) / int(whole)).quantize(_CENT, ROUND_HALF_UP) if whole else None

    @api.model
    @api.private
    def days(self, partners, date_from=None, date_to=None, session_types=None, locations=None, companies=None):
        """On how many different local days each person attended; two sessions on one day are one day.

        :return: dict partner id -> int
        """
        self._flush_facts()
        rows = self.env.execute_query(
            SQL(
                "SELECT fact.partner_id, COUNT(DISTINCT fact.day) FROM spp_attendance_fact fact"
                " WHERE %s AND fact.is_attended GROUP BY fact.partner_id",
                self._fact_condition(partners, date_from, date_to, session_types, locations, companies),
            )
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
        if not required:
            return True
        if not counted:
            return None
        return 100 * Decimal(weight) >= Decimal(str(required)) * counted

    @api.model
    @api.private
    def forecast(self, partners, session_type, date_from=None, date_to=None, required=None, companies=None):
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
        threshold = Decimal(str(required))
        counts = self.counts(partners, date_from, date_to, session_type, companies=companies)
        remaining = self._remaining_sessions(partners, session_type, date_from, date_to, companies)
        forecasts = {}
        for partner_id, person in counts.items():
            to_come, weight = remaining.get(partner_id, 0), person["weight"]
            whole = person["counted"] + to_come
            spare = floor(weight + to_come - threshold * whole / 100)
            if not threshold or 100 * weight >= threshold * whole:
                outcome = "safe"
            elif spare < 0:
                outcome = "impossible"
            else:
                outcome = "can_miss" if spare else "must_attend_all"
            forecasts[partner_id] = {
                "outcome": outcome,
                "can_miss": to_come if outcome == "safe" else max(spare, 0),
                "remaining": to_come,
                "rate": self._percentage(weight, person["counted"]),
                "rate_of_course": self._percentage(weight, whole),
                "required": required,
            }
        return forecasts

    @api.model
    def _remaining_sessions(self, partners, session_type, date_from, date_to, companies=None):
        """How many sessions that are not over yet each person is expected in; days on hold do not count. One query."""
        self.env["spp.session"].flush_model()
        self.env["spp.session.roster.hold"].flush_model()
        conditions = [
            SQL("session.session_type_id = %s", session_type.id),
            SQL("session.state IN ('scheduled', 'in_progress')"),
            SQL("session.submitted_at IS NULL"),
            SQL("session.end_datetime >= %s", fields.Datetime.now()),
            SQL("expected.partner_id = ANY(%s)", list(partners.ids)),
        ]
        if date_from:
            conditions.append(SQL("session.date >= %s", date_from))
        if date_to:
            conditions.append(SQL("session.date <= %s", date_to))
        if companies is not None:
            conditions.append(SQL("(session.company_id IS NULL OR session.company_id = ANY(%s))", list(companies.ids)))
        rows = self.env.execute_query(
            SQL(
                """
                SELECT expected.partner_id, COUNT(*)
                  FROM session_expected_participant_rel expected
                  JOIN spp_session session ON session.id = expected.session_id
                 WHERE %s AND NOT EXISTS (
                        SELECT FROM spp_session_roster_hold hold
                         WHERE hold.roster_id = session.roster_id AND hold.partner_id = expected.partner_id
                           AND session.date BETWEEN hold.date_from AND hold.date_to)
              GROUP BY expected.partner_id
                """,
                SQL(" AND ").join(conditions),
            )
        )
        return dict(rows)
