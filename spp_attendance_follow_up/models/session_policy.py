# Part of the SPP attendance suite. LGPL-3.
"""Which patterns of absences a policy flags."""

from odoo import fields, models


class SessionPolicy(models.Model):
    _inherit = "spp.session.policy"

    flag_in_row = fields.Integer("Absences in a Row", help="So many unexplained ones in a row are flagged. 0: never.")
    flag_count = fields.Integer("Absences Among the Last", help="So many of the last sessions are flagged. 0: never.")
    flag_window = fields.Integer("Sessions Looked At", default=8)
    flag_same_weekday = fields.Integer(
        "Absences on the Same Weekday",
        help="So many absences among the sessions looked at, all of them on one weekday, are flagged. 0: never.",
    )

    _patterns_sane = models.Constraint(
        "CHECK (flag_in_row >= 0 AND flag_count >= 0 AND flag_same_weekday >= 0"
        " AND flag_window BETWEEN 1 AND 60 AND flag_count <= flag_window AND flag_same_weekday <= flag_window"
        " AND flag_in_row <= 60)",
        "A pattern cannot need more absences than the sessions it looks at, which are at most 60: check the numbers.",
    )
