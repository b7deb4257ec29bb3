# Part of the SPP attendance suite. LGPL-3.
"""The view of facts in SQL: what counts of the marks, and the seams by which addons add columns and conditions."""

from odoo import fields, models, tools
from odoo.tools import SQL


class AttendanceFact(models.Model):
    """What each mark of a submitted register counts for: the one place that knows weights and denominators.

    Other addons read the view ``spp_attendance_fact`` in SQL, or `spp.attendance.statistics` in Python. Its columns are:
    session, person, type, roster, area, location, company, local day, what the mark says, whether it is in the
    denominator (``is_counted``), how much of an attendance it is (``weight``, exact decimal), and, of a late arrival that
    counts, how many like it take one attendance away under the session's policy (``lates_per_absence``, 0: none, as of
    whatever is no late arrival). How facts are counted is said in `counting`.

    Other addons add columns and conditions by `_fact_select`, `_fact_from` and `_fact_where`: the view is made anew when they
    are installed.
    """

    _name = "spp.attendance.fact"
    _description = "Attendance Fact"
    _auto = False
    _order = "day desc, id desc"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    session_id = fields.Many2one("spp.session", readonly=True)
    partner_id = fields.Many2one("res.partner", "Participant", readonly=True)
    session_type_id = fields.Many2one("spp.session.type", readonly=True)
    roster_id = fields.Many2one("spp.session.roster", readonly=True)
    area_id = fields.Many2one("spp.area", readonly=True)
    location = fields.Char(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    day = fields.Date(readonly=True)
    status_id = fields.Many2one("spp.attendance.status", readonly=True)
    status_code = fields.Char(readonly=True)
    is_attended = fields.Boolean("Attended", readonly=True)
    is_excused = fields.Boolean("Excused", readonly=True)
    is_announced = fields.Boolean("Announced", readonly=True)
    is_late = fields.Boolean("Late", readonly=True)
    is_unexplained = fields.Boolean("Unexplained", readonly=True)
    is_requested = fields.Boolean("Excuse Requested", readonly=True)
    is_counted = fields.Boolean("In the Denominator", readonly=True)
    is_absent = fields.Boolean("Absent", readonly=True)
    is_kept = fields.Boolean("Attended or Announced", readonly=True)
    weight = fields.Float(digits=(4, 2), readonly=True)
    late_minutes = fields.Integer(readonly=True)
    lates_per_absence = fields.Integer(readonly=True)

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW %s AS %s", SQL.identifier(self._table), self._fact_query()))

    def _fact_query(self):
        columns = SQL(", ").join(
            SQL("%s AS %s", column, SQL.identifier(name)) for name, column in self._fact_select().items()
        )
        return SQL("SELECT %s FROM %s WHERE %s", columns, self._fact_from(), SQL(" AND ").join(self._fact_where()))

    def _fact_select(self):
        """The columns of the view. Other addons add theirs, with a field of the same name.

        Excused people whose policy weighs them are in the denominator; unexpected ones count when they attend.

        :return: dict name -> SQL, on the relations of `_fact_from`
        """
        is_late = SQL("status.kind = 'late'")
        is_counted = SQL(
            "((mark.is_attended OR mark.standing = 'expected')"
            " AND (status.is_in_denominator OR (mark.is_excused AND policy.excused_counting = 'weight')))"
        )
        columns = {
            **dict.fromkeys(("id", "session_id", "status_id", "is_attended", "is_excused", "is_announced"), "mark"),
            **dict.fromkeys(("is_unexplained", "late_minutes"), "mark"),
            **dict.fromkeys(("session_type_id", "roster_id", "area_id", "location", "company_id"), "session"),
        }
        return {name: SQL.identifier(table, name) for name, table in columns.items()} | {
            "partner_id": SQL("mark.participant_id"),
            "day": SQL("session.date"),
            "status_code": SQL("status.code"),
            "is_late": is_late,
            "is_requested": SQL("COALESCE(mark.excuse_state = 'requested', FALSE)"),
            "is_counted": is_counted,
            "is_absent": SQL("(%s AND NOT mark.is_attended AND NOT mark.is_excused)", is_counted),
            "is_kept": SQL("(mark.is_attended OR (mark.is_announced AND mark.standing = 'expected'))"),
            "weight": SQL(
                "CASE WHEN %s AND policy.late_counting = 'weight' THEN policy.late_weight"
                " WHEN mark.is_excused AND policy.excused_counting = 'weight' THEN policy.excused_weight"
                " ELSE status.weight END",
                is_late,
            ),
            "lates_per_absence": SQL(
                "CASE WHEN %s AND %s AND policy.late_counting = 'absences' THEN policy.lates_per_absence ELSE 0 END",
                is_late,
                is_counted,
            ),
        }

    def _fact_from(self):
        """What the view reads: ``mark``, ``session``, ``status`` and ``policy``. Other addons join theirs.

        :return: SQL
        """
        return SQL(
            """
            spp_session_attendance mark
            JOIN spp_session session ON session.id = mark.session_id
            JOIN spp_attendance_status status ON status.id = mark.status_id
            LEFT JOIN spp_session_policy policy ON policy.id = session.applied_policy_id
            """
        )

    def _fact_where(self):
        """Which marks count at all. Other addons add conditions.

        :return: list of SQL
        """
        return [SQL("session.submitted_at IS NOT NULL"), SQL("session.state = 'completed'")]
