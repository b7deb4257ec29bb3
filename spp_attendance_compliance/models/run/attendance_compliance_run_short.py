# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity import as_system

from .attendance_compliance_run_apply import OVER_CYCLE_STATES


class AttendanceComplianceRun(models.Model):
    """Who is a little short while there is still time, and can still make it.

    "Short" is what was missing when the run counted: sessions, days, or, for a percentage, sessions of those held so far.
    "Can still make it" means that the sessions to which the person is expected until the window ends are enough; for a
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

    # ------------------------------------------------------------------ who is short

    def _short_people(self, most):
        """Whom attendance of at most so many sessions or days would have helped, and who can still make it. One query.

        :param int most: sessions or days
        :return: list of dicts: membership_id, unit_id (the member of the cycle), partner_id, missing, needed (of what
            remains), remaining, is_by_day (what remains are days, not sessions)
        """
        self.ensure_one()
        self.env.flush_all()
        today = self.cycle_id._attendance_today()
        percentage = self.criteria["measure"] == "percentage"
        threshold = SQL("%s::numeric", str(self.criteria["threshold"]))
        if percentage:
            missing = SQL("CEIL(%s * found.expected / 100 - found.counted)", threshold)
            needed = SQL("CEIL(%s * (found.expected + remaining.number) / 100 - found.counted)", threshold)
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
                 LEFT JOIN session_expected_participant_rel expected ON expected.partner_id = found.partner_id
                 LEFT JOIN spp_session session ON session.id = expected.session_id AND session.id IN %(sessions)s
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
                other_days=self._days_without_sessions(today),
                sessions=self.env["spp.session"].sudo()._search(self._remaining_session_domain(today)).subselect(),
                missing=missing,
                needed=needed,
                most=most,
            )
        )
        names = ("membership_id", "unit_id", "partner_id", "missing", "needed", "remaining", "is_by_day")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _found_below_query(self):
        """:return: SQL of the people who were found below the requirement, with how many members their group is short"""
        if self.cycle_id.program_id.target_type != "group":
            return SQL(
                "SELECT decision.membership_id, membership.partner_id AS unit_id, membership.partner_id, decision.counted,"
                " decision.expected, decision.required, 1 AS members_missing"
                " FROM spp_attendance_decision decision"
                " JOIN spp_cycle_membership membership ON membership.id = decision.membership_id"
                " WHERE decision.run_id = %s AND decision.result = 'non_compliant' AND decision.reason = 'below'",
                self.id,
            )
        return SQL(
            """
            SELECT decision.membership_id, membership.partner_id AS unit_id, member.partner_id, member.counted,
                   member.expected, member.required, decision.required - decision.counted AS members_missing
              FROM spp_attendance_assessment member
              JOIN spp_attendance_decision decision ON decision.id = member.decision_id
              JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
             WHERE decision.run_id = %s AND member.reason = 'below'
               AND decision.result = 'non_compliant' AND decision.reason = 'below'
            """,
            self.id,
        )

    def _remaining_session_domain(self, today):
        """Own sessions that count for this run, are still to come and have no submitted register."""
        criteria = self.criteria
        sources = self.env["spp.attendance.source"].sudo().browse(criteria["sources"])
        if sources and "session" not in sources.mapped("kind"):
            return Domain.FALSE
        first = max(today, fields.Date.to_date(criteria["from"]))
        domain = (
            Domain("state", "in", ("scheduled", "in_progress"))
            & Domain("date", ">=", first)
            & Domain("date", "<=", criteria["to"])
        )
        if self.cycle_id.company_id:
            domain &= Domain("company_id", "in", (self.cycle_id.company_id.id, False))
        for names, catalogue, field, read in (
            ("types", "spp.event.attendance.type", "session_type_id", int),
            ("locations", "spp.event.attendance.location", "location", str),
        ):
            if criteria[names]:
                wanted = self.env[catalogue].sudo().browse(criteria[names])
                own = wanted.filtered(lambda item: item.source_id.kind == "session")
                domain &= Domain(field, "in", [read(item.external_id) for item in own])
        return domain

    def _remaining_number(self):
        """How much of what is counted the remaining sessions can add, as SQL on `session` and `found`."""
        if self.criteria["measure"] != "days":
            return SQL("COUNT(session.id)")
        return SQL(
            "COUNT(DISTINCT session.date) FILTER (WHERE NOT EXISTS (SELECT FROM spp_event_attendance fact"
            " WHERE fact.partner_id = found.partner_id AND fact.attendance_date = session.date AND fact.state = 'active'"
            " AND fact.is_attended))"
        )

    def _days_without_sessions(self, today):
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
            " AND fact.attendance_date BETWEEN %(first)s AND %(last)s AND fact.state = 'active' AND fact.is_attended"
            " AND fact.source_id = ANY(%(sources)s)) THEN %(days)s ELSE 0 END",
            first=first,
            last=last,
            sources=others.ids,
            days=max((last - max(today, first)).days + 1, 0),
        )
