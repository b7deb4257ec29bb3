# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Compliance by Expression",
    "summary": "Whom a program accepts and who complies, by an attendance expression",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_attendance_compliance", "spp_attendance_expression"],
    "data": [
        "security/ir.model.access.csv",
        "views/attendance_expression_manager_views.xml",
    ],
    "auto_install": True,
}
