# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models


class SessionPolicy(models.Model):
    """How arrivals are judged and when a register closes; policy is data, not code.

    A session type, a roster or a single session can name its own policy; the nearest one wins.
    """

    _name = "spp.session.policy"
    _description = "Session Policy"
    _order = "name, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", help="Empty: shared by all companies.")
    grace_minutes = fields.Float(
        default=5.0, help="An arrival up to this many minutes after the start is on time; later ones are late."
    )
    partial_after_minutes = fields.Float(
        "Partial After (Minutes)", help="Somebody who arrives later than this attends in part only. 0: never."
    )
    absent_after_minutes = fields.Float(
        "Absent After (Minutes)", help="Somebody who arrives later than this counts as absent. 0: never."
    )
    checkin_before_minutes = fields.Float(
        "Check-in Opens (Minutes Before Start)", default=60.0, help="Earlier scans do not belong to the session."
    )
    checkin_after_minutes = fields.Float(
        "Check-in Closes (Minutes After Start)", default=120.0, help="Later scans do not belong to the session."
    )
    auto_submit = fields.Boolean(
        "Submit Without a Person",
        help="When check-in has closed, the register is submitted by the system and everybody expected without a "
        "mark becomes absent. Meant for sessions that terminals record.",
    )

    _minutes_not_negative = models.Constraint(
        "CHECK (grace_minutes >= 0 AND partial_after_minutes >= 0 AND absent_after_minutes >= 0"
        " AND checkin_before_minutes >= 0 AND checkin_after_minutes >= 0)",
        "Minutes of a session policy cannot be negative.",
    )
    _steps_in_order = models.Constraint(
        "CHECK ((partial_after_minutes = 0 OR partial_after_minutes >= grace_minutes)"
        " AND (absent_after_minutes = 0 OR absent_after_minutes >= GREATEST(grace_minutes, partial_after_minutes)))",
        "Grace ends before an arrival becomes partial, and that before it becomes absent: check the minutes.",
    )
