# Part of the SPP attendance suite. LGPL-3.
"""Parts that became addons of their own take their external ids and data along."""

from odoo.addons.spp_session_tracking.rehome import move

OLD = "spp_session_tracking"


def migrate(cr, version):
    move(
        cr,
        OLD,
        "spp_attendance_expression",
        models=["spp.attendance.expression", "spp.attendance.expression.preview"],
        records=["menu_attendance_expressions"],
    )
