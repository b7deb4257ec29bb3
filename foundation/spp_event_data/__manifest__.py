# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Event Data",
    "summary": "Typed events of registrants: visits, surveys, summaries",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["base", "mail", "spp_registry", "spp_security"],
    "data": [
        "security/ir.model.access.csv",
        "views/event_type_views.xml",
        "views/event_data_views.xml",
        "views/res_partner_views.xml",
    ],
}
