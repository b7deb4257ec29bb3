# Part of the SPP attendance suite. LGPL-3.
"""What a programme decides about registers: arrival, deadline, lock, excuses, counting."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Longer times of a policy are slips of the pen.
_MINUTES_OF_A_YEAR = 366 * 24 * 60


#: What of a policy decides how marks count.
COUNTING = frozenset({"late_counting", "late_weight", "lates_per_absence", "excused_counting", "excused_weight"})


class SessionPolicy(models.Model):
    """How arrivals are judged, what counts, and when a register closes; policy is data, not code.

    A session, a roster, an area or a session type can name its own policy; the nearest one wins.
    """

    _name = "spp.session.policy"
    _description = "Session Policy"
    _inherit = ["mail.thread", "spp.session.in.use"]
    _traced = True
    _order = "name, id"
    _company_path = "company_id"

    _USED_IN = (
        ("spp.session.roster", "policy_id"),
        ("spp.session.type", "policy_id"),
        ("spp.area", "session_policy_id"),
        ("spp.session", "applied_policy_id"),
    )

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one("res.company", help="Empty: shared by all companies.", tracking=True)

    # arrivals
    grace_minutes = fields.Float(
        default=5.0,
        help="An arrival up to this many minutes after the start is on time; later ones are late.",
        tracking=True,
    )
    partial_after_minutes = fields.Float(
        "Partial After (Minutes)",
        help="Somebody who arrives later than this attends in part only. 0: never.",
        tracking=True,
    )
    absent_after_minutes = fields.Float(
        "Absent After (Minutes)",
        help="Somebody who arrives later than this counts as absent. 0: never.",
        tracking=True,
    )
    partial_below_percentage = fields.Float(
        "Partial Below (%)",
        help="Somebody who is there for a smaller share of the session attends in part only. 0: never.",
        tracking=True,
    )
    absent_below_percentage = fields.Float(
        "Absent Below (%)",
        help="Somebody who is there for a smaller share of the session counts as absent. 0: never.",
        tracking=True,
    )
    checkin_before_minutes = fields.Float(
        "Check-in Opens (Minutes Before Start)",
        default=60.0,
        help="Earlier scans do not belong to the session.",
        tracking=True,
    )
    checkin_after_minutes = fields.Float(
        "Check-in Closes (Minutes After Start)",
        default=120.0,
        help="Later scans do not belong to the session.",
        tracking=True,
    )

    # what counts
    late_counting = fields.Selection(
        [
            ("status", "As the status weighs"),
            ("weight", "With a weight of its own"),
            ("absences", "Several lates are one absence"),
        ],
        "Late Arrivals Count",
        required=True,
        default="status",
        tracking=True,
    )
    late_weight = fields.Float(
        "Weight of a Late Arrival",
        default=1.0,
        digits=(4, 2),
        help="1 is a whole attendance, 0.5 a half one.",
        tracking=True,
    )
    lates_per_absence = fields.Integer(
        "Lates per Absence",
        default=3,
        help="So many late arrivals of a person take one attendance away, per session type and period.",
        tracking=True,
    )
    excused_counting = fields.Selection(
        [("status", "As the status says"), ("weight", "With a weight of its own")],
        "Excused Absences Count",
        required=True,
        default="status",
        help="The shipped excused statuses are out of the denominator; with a weight they count in it.",
        tracking=True,
    )
    excused_weight = fields.Float(
        "Weight of an Excused Absence",
        digits=(4, 2),
        help="1 is a whole attendance, 0 is none.",
        tracking=True,
    )
    excuse_needs_reason = fields.Boolean(
        help="An excuse that a facilitator enters without a reason is asked of a manager.",
        tracking=True,
    )
    certificate_days = fields.Integer(
        "Days for a Certificate",
        default=7,
        help="So many days after the session a medical certificate is due; then the absence is not excused any more.",
        tracking=True,
    )

    # the register
    auto_submit = fields.Boolean(
        "Submit Without a Person",
        help="When check-in has closed, the register is submitted by the system and everybody expected without a "
        "mark becomes absent. Meant for sessions that terminals record.",
        tracking=True,
    )
    correction_minutes = fields.Integer(
        "Time for Corrections (Minutes)",
        default=15,
        help="For so long the facilitator may still change a register that is submitted. Later only a manager may.",
        tracking=True,
    )
    deadline_hours = fields.Float(
        "Register Due (Hours After the End)",
        help="A register that somebody has begun is submitted by the system then; one that nobody has begun is overdue. "
        "0: no deadline.",
        tracking=True,
    )
    lock_hours = fields.Float(
        "Register Locks (Hours After the End)",
        help="Then only an unlocked register can change. 0: never.",
        tracking=True,
    )
    unlock_hours = fields.Float(
        "An Unlocked Register Stays Open (Hours)",
        default=4.0,
        help="What an unlocking manager is offered.",
        tracking=True,
    )
    reminder_ids = fields.One2many("spp.session.policy.reminder", "policy_id", "Reminders", copy=True)

    # patterns
    continuing_absence_after = fields.Integer(
        "Continuing Absence After (Sessions)",
        default=3,
        help="Somebody who missed so many sessions of the roster in a row is suggested as absent. 0: never.",
        tracking=True,
    )

    _minutes_not_negative = models.Constraint(
        "CHECK (grace_minutes >= 0 AND partial_after_minutes >= 0 AND absent_after_minutes >= 0"
        " AND checkin_before_minutes >= 0 AND checkin_after_minutes >= 0 AND correction_minutes >= 0)",
        "Minutes of a session policy cannot be negative.",
    )
    _steps_in_order = models.Constraint(
        "CHECK ((partial_after_minutes = 0 OR partial_after_minutes >= grace_minutes)"
        " AND (absent_after_minutes = 0 OR absent_after_minutes >= GREATEST(grace_minutes, partial_after_minutes)))",
        "Grace ends before an arrival becomes partial, and that before it becomes absent: check the minutes.",
    )
    _shares_in_order = models.Constraint(
        "CHECK (absent_below_percentage >= 0 AND partial_below_percentage BETWEEN 0 AND 100"
        " AND (partial_below_percentage = 0 OR absent_below_percentage <= partial_below_percentage)"
        " AND absent_below_percentage <= 100)",
        "The shares lie between 0 and 100 %, and absent lies below partial: check the percentages.",
    )
    _weights_in_range = models.Constraint(
        "CHECK (late_weight BETWEEN 0 AND 1 AND excused_weight BETWEEN 0 AND 1)",
        "Weights of a session policy lie between 0 and 1.",
    )
    _lates_positive = models.Constraint(
        "CHECK (late_counting <> 'absences' OR lates_per_absence > 0)",
        "Say how many late arrivals are one absence: the number must be at least 1.",
    )
    _hours_in_order = models.Constraint(
        "CHECK (deadline_hours >= 0 AND lock_hours >= 0 AND unlock_hours > 0 AND certificate_days >= 0"
        " AND (lock_hours = 0 OR lock_hours >= deadline_hours))",
        "A register is due before it locks, and no time can be negative: check the hours.",
    )
    _continuing_absence_sane = models.Constraint(
        "CHECK (continuing_absence_after BETWEEN 0 AND 60)",
        "An absence continues after 60 sessions at most: check the number.",
    )

    def write(self, vals):
        result = super().write(vals)
        if not COUNTING.isdisjoint(vals):
            # sudo: registers that the user may not see count too
            sessions = self.env["spp.session"].sudo()
            sessions.search(
                [("applied_policy_id", "in", self.ids), ("submitted_at", "!=", False)]
            )._call_hook_of_marks()
        return result

    # also before PostgreSQL sees the values: the times of sessions follow from them
    @api.constrains(
        *("grace_minutes", "partial_after_minutes", "absent_after_minutes", "checkin_before_minutes"),
        *("checkin_after_minutes", "correction_minutes", "deadline_hours", "lock_hours", "unlock_hours"),
        "certificate_days",
    )
    def _check_times_within_a_year(self):
        for policy in self:
            longest = max(
                *(policy.grace_minutes, policy.partial_after_minutes, policy.absent_after_minutes),
                *(policy.checkin_before_minutes, policy.checkin_after_minutes, policy.correction_minutes),
                *(60 * policy.deadline_hours, 60 * policy.lock_hours, 60 * policy.unlock_hours),
                24 * 60 * policy.certificate_days,
            )
            if longest > _MINUTES_OF_A_YEAR:
                raise ValidationError(
                    self.env._(
                        "A time of the policy %s is longer than a year: check the minutes, hours and days.", policy.name
                    )
                )
