# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Graduation",
    "summary": "Who of a program is ready to graduate, by an attendance expression",
    "version": "19.0.2.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_attendance_expression", "spp_beneficiary_status"],
    "data": [
        "security/ir.model.access.csv",
        "views/program_membership_views.xml",
        "views/program_views.xml",
    ],
    "auto_install": True,
}
