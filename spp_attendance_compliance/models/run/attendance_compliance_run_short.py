# Part of the SPP attendance suite. LGPL-3.
"""Who lacks a few sessions, and for whom those still to come are enough."""

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.spp_integrity import as_system
from odoo.addons.spp_session_tracking import counting

from ..ledger.event_attendance import LEDGER
from .attendance_compliance_run_apply import OVER_CYCLE_STATES


class AttendanceComplianceRun(models.Model):
    """Who is a little short while there is still time, and can still make it.

    "Short" is what was missing when the run counted: sessions, days, or, for a percentage, sessions of those held so far.
    "Can still make it" means that the sessions which the person can still attend until the window ends are enough; for a
    percentage each of them raises what is asked for as well. To a person whose attendance came from a source that knows no
    sessions in advance, one attendance a day is left. A group is told only if enough of its members can still make it.
    """

    _inherit = "spp.attendance.compliance.run"

    notice_ids = fields.One2many("spp.attendance.notice", "run_id", "Notices", readonly=True)
    notice_count = fields.Integer(compute="_compute_notice_count")
    is_window_open = fields.Boolean(compute="_compute_is_window_open", help="There is still time to attend.")

    def _compute_notice_count(self):
        counts = dict(
            self.env["spp.attendance.notice"]._read_group([("run_id", "in", self.ids)], ["run_id"], ["__count"])
        )
        for run in self:
            run.notice_count = counts.get(run._origin, 0)

    def _compute_is_window_open(self):
        for run in self:
            run.is_window_open = bool(
                run.criteria
                and run.state in ("decided", "applied")
                and run.cycle_id.state not in OVER_CYCLE_STATES
                and fields.Date.to_date(run.criteria["to"]) >= run.cycle_id._attendance_today()
            )

    def _check_window_open(self):
        if not self.is_window_open:
            raise UserError(
                self.env._(
                    "There is no time left in %s, or nothing was decided yet: nobody can be told that something is missing.",
                    self.cycle_id.name,
                )
            )

    def action_notify_short(self):
        """Open the dialog that tells people how much they are short.

        :return: window action (dict)
        :raise AccessError: for anybody below programs officer
        :raise UserError: when the window is over
        """
        self.ensure_one()
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_officer")):
            raise AccessError(self.env._("Only programs officers prepare notices about attendance: ask one to do it."))
        self.check_access("read")
        as_system(self)._check_window_open()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Tell Who Is Short"),
            "res_model": "spp.attendance.notify",
            "view_mode": "form",
            "target": "new",
            "context": {"default_run_id": self.id},
        }

    def action_view_notices(self):
        """Open the notices that follow from this run.

        :return: window action (dict)
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_compliance.action_attendance_notice")
        return {**action, "domain": [("run_id", "=", self.id)], "context": {}}

    # --- who is short

    def _short_people(self, most):
        """Whom attendance of at most so many sessions or days would have helped, and who can still make it. One query.

        :param int most: sessions or days
        :return: list of dicts: membership_id, unit_id (the member of the cycle), partner_id, missing, needed (of what
            remains), remaining, is_by_day (what remains are days, not sessions)
        """
        self.ensure_one()
        self.env.flush_all()
        if self.criteria["measure"] == "percentage":
            threshold = SQL("%s::numeric", str(self.criteria["threshold"]))
            of = (SQL("found.counted"), SQL("found.expected"), threshold)
            missing = counting.sql_needed_for_share(*of)
            needed = counting.sql_needed_for_share(*of, SQL("remaining.number"))
        else:
            missing = needed = SQL("CEIL(found.required - found.counted)")
        rows = self.env.execute_query(
            SQL(
                """
                WITH found AS (%(found)s),
                remaining AS (
                    SELECT membership_id, partner_id, GREATEST(sessions, days) AS number, days > sessions AS is_by_day
                      FROM (
                    SELECT found.membership_id, found.partner_id, %(number)s AS sessions, %(other_days)s AS days
                      FROM found
                 LEFT JOIN (%(to_come)s) to_come ON to_come.partner_id = found.partner_id AND %(in_time)s
                  GROUP BY found.membership_id, found.partner_id
                           ) counted
                ),
                standing AS (
                    SELECT found.*, %(missing)s AS missing, %(needed)s AS needed, remaining.number AS remaining, remaining.is_by_day,
                           %(needed)s <= remaining.number AS can_make_it
                      FROM found JOIN remaining USING (membership_id, partner_id)
                ),
                together AS (
                    SELECT standing.*, COUNT(*) FILTER (WHERE can_make_it) OVER (PARTITION BY membership_id) AS helped
                      FROM standing
                )
                SELECT membership_id, unit_id, partner_id, missing::int, needed::int, remaining::int, is_by_day
                  FROM together
                 WHERE can_make_it AND missing BETWEEN 1 AND %(most)s AND helped >= members_missing
              ORDER BY unit_id, partner_id
                """,
                found=self._found_below_query(),
                number=self._remaining_number(),
                other_days=self._days_without_sessions(),
                to_come=self._sessions_to_come(),
                in_time=SQL("(found.enrolled IS NULL OR to_come.date >= found.enrolled)")
                if self.criteria["prorate"]
                else SQL("TRUE"),
                missing=missing,
                needed=needed,
                most=most,
            )
        )
        names = ("membership_id", "unit_id", "partner_id", "missing", "needed", "remaining", "is_by_day")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _found_below_query(self):
        """:return: SQL of the people who were found below the requirement and are still there, with how many members their
        group is short"""
        if self.cycle_id.program_id.target_type != "group":
            return SQL(
                """
                SELECT decision.membership_id, membership.partner_id AS unit_id, membership.partner_id,
                       membership.enrollment_date AS enrolled, decision.counted, decision.expected, decision.required,
                       1 AS members_missing
                  FROM spp_attendance_decision decision
                  JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                  JOIN res_partner person ON person.id = membership.partner_id
                 WHERE decision.run_id = %s AND decision.result = 'non_compliant' AND decision.reason = 'below' AND %s
                """,
                self.id,
                counting.is_present("person"),
            )
        return SQL(
            """
            SELECT decision.membership_id, membership.partner_id AS unit_id, found.partner_id,
                   membership.enrollment_date AS enrolled, found.counted, found.expected, found.required,
                   decision.required - decision.counted AS members_missing
              FROM spp_attendance_assessment found
              JOIN spp_attendance_decision decision ON decision.id = found.decision_id
              JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
              JOIN spp_group_membership member
                ON member."group" = membership.partner_id AND member.individual = found.partner_id
              JOIN res_partner person ON person.id = member.individual
             WHERE decision.run_id = %s AND found.reason = 'below'
               AND decision.result = 'non_compliant' AND decision.reason = 'below' AND %s
            """,
            self.id,
            self._member_condition(),
        )

    def _sessions_to_come(self):
        """:return: SQL of the own sessions that count for this run and that people can still attend, as of
        `counting.sessions_to_come`
        """
        criteria = self.criteria
        # sudo: which sources count does not depend on who asks
        sources = self.env["spp.attendance.source"].sudo().browse(criteria["sources"])
        own = {"session_types": None, "locations": None}
        if sources and "session" not in sources.mapped("kind"):
            own["session_types"] = ()
        for names, catalogue, argument, read in (
            ("types", "spp.event.attendance.type", "session_types", int),
            ("locations", "spp.event.attendance.location", "locations", str),
        ):
            if criteria[names] and own[argument] is None:
                # sudo: which types and places count does not depend on who asks
                wanted = self.env[catalogue].sudo().browse(criteria[names])
                own[argument] = [read(item.external_id) for item in wanted if item.source_id.kind == "session"]
        return counting.sessions_to_come(
            self.cycle_id._attendance_now(),
            criteria["from"],
            criteria["to"],
            companies=self.cycle_id.company_id.ids or None,
            **own,
        )

    def _remaining_number(self):
        """How much of what is counted the sessions to come can add, as SQL on `to_come` and `found`."""
        if self.criteria["measure"] != "days":
            return SQL("COUNT(to_come.session_id)")
        return SQL(
            "COUNT(DISTINCT to_come.date) FILTER (WHERE NOT EXISTS (SELECT FROM spp_event_attendance fact"
            " WHERE fact.partner_id = found.partner_id AND fact.attendance_date = to_come.date AND %s AND %s))",
            self._fact_condition(SQL("found.enrolled")),
            LEDGER.attended(self.criteria["excused"]),
        )

    def _days_without_sessions(self):
        """Days that remain to people who attended at sources that know no sessions in advance, as SQL on `found`.

        None where a share of the sessions is asked for: nobody knows how many there will be.
        """
        criteria = self.criteria
        others = self._sources().filtered(lambda source: source.kind != "session")
        if criteria["measure"] == "percentage" or not others:
            return SQL("0")
        first, last = (fields.Date.to_date(criteria[name]) for name in ("from", "to"))
        return SQL(
            "CASE WHEN EXISTS (SELECT FROM spp_event_attendance fact WHERE fact.partner_id = found.partner_id"
            " AND %(between)s AND %(attended)s AND %(source)s) THEN %(days)s ELSE 0 END",
            between=LEDGER.between(first, last),
            attended=LEDGER.attended(),
            source=LEDGER.one_of("source_id", others.ids),
            days=max((last - max(self.cycle_id._attendance_today(), first)).days + 1, 0),
        )
