# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Follow-up",
    "summary": "Unexplained and repeated absences become cases of whoever is responsible",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_session_tracking"],
    "data": [
        "security/ir.model.access.csv",
        "security/attendance_follow_up_rules.xml",
        "data/mail_activity_type_data.xml",
        "data/session_policy_data.xml",
        "data/ir_cron_data.xml",
        "views/attendance_follow_up_views.xml",
        "views/attendance_summary_views.xml",
        "views/session_policy_views.xml",
        "views/attendance_follow_up_menus.xml",
    ],
}
