# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Device Bridge",
    "summary": "Attendance terminals post their scans; scans become attendance marks",
    "version": "19.0.2.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_device", "spp_integrity", "spp_registry", "spp_session_tracking"],
    "data": [
        "security/ir.model.access.csv",
        "data/vocabulary_data.xml",
        "data/ir_cron_data.xml",
        "views/attendance_scan_views.xml",
        "views/attendance_device_views.xml",
        "views/session_roster_views.xml",
        "views/attendance_device_menus.xml",
    ],
}
