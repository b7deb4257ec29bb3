# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Session Sheet",
    "summary": "The register on paper: printed with a number per person, keyed in by numbers",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_session_tracking"],
    "external_dependencies": {"python": ["qrcode"]},
    "data": [
        "security/ir.model.access.csv",
        "report/session_sheet_report.xml",
        "views/session_views.xml",
    ],
    "assets": {
        "web.assets_backend": ["spp_session_sheet/static/src/**/*"],
        "web.assets_tests": ["spp_session_sheet/static/tests/tours/*.js"],
        "web.assets_unit_tests": ["spp_session_sheet/static/tests/*.js"],
    },
}
