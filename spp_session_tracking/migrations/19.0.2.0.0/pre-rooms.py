# Part of the SPP attendance suite. LGPL-3.
"""Parts that became addons of their own take their external ids and data along."""

from odoo.addons.spp_integrity.rehome import move

OLD = "spp_session_tracking"


def migrate(cr, version):
    move(
        cr,
        OLD,
        "spp_attendance_expression",
        models=["spp.attendance.expression", "spp.attendance.expression.preview"],
        records=["menu_attendance_expressions"],
    )
    flags = ["flag_in_row", "flag_count", "flag_window", "flag_same_weekday"]
    move(
        cr,
        OLD,
        "spp_attendance_follow_up",
        models=["spp.attendance.follow.up"],
        fields=[f"spp.session.policy.{name}" for name in flags],
        records=["menu_attendance_follow_ups", "constraint_spp_session_policy_patterns_sane"],
        kept={"session_policy_default": flags},
    )
    move(
        cr,
        OLD,
        "spp_session_sheet",
        models=["spp.session.sheet", "spp.session.sheet.line"],
        records=[
            "action_report_session_sheet",
            "paperformat_session_sheet",
            "report_session_sheet",
            "report_session_sheet_page",
        ],
    )
