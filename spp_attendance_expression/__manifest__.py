# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Attendance Expression",
    "summary": "Formulas about people and their attendance, for whoever decides by them",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_session_tracking"],
    "external_dependencies": {"python": ["common-expression-language"]},
    "data": [
        "security/ir.model.access.csv",
        "wizards/attendance_expression_preview_views.xml",
        "views/attendance_expression_views.xml",
        "views/attendance_expression_menus.xml",
    ],
}
