# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Server",
    "summary": "Attendance of external servers, asked for people and checked, in the ledger of programs",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_attendance_compliance", "spp_integrity"],
    "external_dependencies": {"python": ["requests", "urllib3"]},
    "data": [
        "security/ir.model.access.csv",
        "data/ir_cron_data.xml",
        "views/attendance_source_views.xml",
        "views/attendance_compliance_run_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["spp_attendance_server/static/src/**/*"],
        "web.assets_unit_tests": ["spp_attendance_server/static/tests/*.js"],
        "web.assets_tests": ["spp_attendance_server/static/tests/tours/*.js"],
    },
    "uninstall_hook": "uninstall_hook",
}
