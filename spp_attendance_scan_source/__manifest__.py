# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Scan Source",
    "summary": "Days with a scan at a terminal count as attendance, without any session",
    "version": "19.0.2.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_attendance_compliance", "spp_attendance_device_bridge"],
    "data": [
        "data/attendance_source_data.xml",
        "views/attendance_device_views.xml",
    ],
    "auto_install": True,
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
