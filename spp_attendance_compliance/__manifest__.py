# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Compliance",
    "summary": "Program cycles are filtered by attendance: counted, explained, applied",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_programs", "spp_session_tracking"],
    "data": [
        "security/ir.model.access.csv",
        "security/attendance_compliance_rules.xml",
        "data/attendance_source_data.xml",
        "data/ir_cron_data.xml",
        "views/event_attendance_views.xml",
        "views/attendance_decision_views.xml",
        "views/attendance_compliance_run_views.xml",
        "views/attendance_expression_manager_views.xml",
        "views/cycle_views.xml",
        "views/cycle_membership_views.xml",
        "views/attendance_compliance_menus.xml",
    ],
    "assets": {
        "web.assets_tests": ["spp_attendance_compliance/static/tests/tours/*.js"],
    },
    "post_init_hook": "post_init_hook",
}
