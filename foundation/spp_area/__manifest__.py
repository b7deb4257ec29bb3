# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Area",
    "summary": "Administrative areas of registrants and of the users who serve them",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["base", "spp_registry", "spp_security"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "security/rules.xml",
        "data/area_type_data.xml",
        "views/area_views.xml",
        "views/area_type_views.xml",
        "views/res_partner_views.xml",
    ],
}
