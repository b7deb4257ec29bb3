# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models, tools
from odoo.tools import SQL


class AttendanceFact(models.Model):
    """What each mark of a submitted register counts for: the one place that knows weights and denominators.

    Other addons read the view ``spp_attendance_fact`` in SQL, or `spp.attendance.statistics` in Python. Its columns are:
    session, person, type, roster, area, location, company, local day, what the mark says, whether it is in the
    denominator (``is_counted``), how much of an attendance it is (``weight``, exact decimal), and how many late arrivals
    (``is_late``) under the session's policy take one attendance away (``lates_per_absence``, 0: they take none away).
    """

    _name = "spp.attendance.fact"
    _description = "Attendance Fact"
    _auto = False
    _order = "day desc, id desc"

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
    is_kept = fields.Boolean("Attended or Announced", readonly=True)
    weight = fields.Float(digits=(4, 2), readonly=True)
    late_minutes = fields.Integer(readonly=True)
    lates_per_absence = fields.Integer(readonly=True)

    def init(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(SQL("CREATE VIEW %s AS %s", SQL.identifier(self._table), self._fact_query()))

    def _fact_query(self):
        """Excused people whose policy weighs them are in the denominator; unexpected ones count when they attend."""
        return SQL(
            """
            SELECT mark.id, mark.session_id, mark.participant_id AS partner_id, session.session_type_id, session.roster_id,
                   session.area_id, session.location, session.company_id, session.date AS day,
                   mark.status_id, status.code AS status_code, mark.is_attended, mark.is_excused, mark.is_announced,
                   status.code = 'late' AS is_late, mark.is_unexplained, mark.late_minutes,
                   COALESCE(mark.excuse_state = 'requested', FALSE) AS is_requested,
                   (mark.is_attended OR mark.standing = 'expected')
                   AND (status.is_in_denominator OR (mark.is_excused AND policy.excused_counting = 'weight')) AS is_counted,
                   mark.is_attended OR (mark.is_announced AND mark.standing = 'expected') AS is_kept,
                   CASE WHEN status.code = 'late' AND policy.late_counting = 'weight' THEN policy.late_weight
                        WHEN mark.is_excused AND policy.excused_counting = 'weight' THEN policy.excused_weight
                        ELSE status.weight END AS weight,
                   CASE WHEN policy.late_counting = 'absences' THEN policy.lates_per_absence ELSE 0 END AS lates_per_absence
              FROM spp_session_attendance mark
              JOIN spp_session session ON session.id = mark.session_id
              JOIN spp_attendance_status status ON status.id = mark.status_id
         LEFT JOIN spp_session_policy policy ON policy.id = session.applied_policy_id
             WHERE session.submitted_at IS NOT NULL AND session.state = 'completed'
            """
        )
