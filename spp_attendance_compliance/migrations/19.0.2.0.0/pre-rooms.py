# Part of the SPP attendance suite. LGPL-3.
"""Parts that became addons of their own take their external ids and data along."""

from odoo.addons.spp_session_tracking.rehome import move

OLD = "spp_attendance_compliance"


def migrate(cr, version):
    move(
        cr,
        OLD,
        "spp_attendance_compliance_expression",
        models=[
            "spp.attendance.expression.manager.mixin",
            "spp.program.membership.manager.attendance.expression",
            "spp.compliance.manager.attendance.expression",
        ],
        records=["access_spp_attendance_expression_programs"],
    )
