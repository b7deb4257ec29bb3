# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Service Points",
    "summary": "Shops and agents where beneficiaries redeem what they are entitled to",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_registry", "phone_validation", "spp_area", "spp_security", "spp_vocabulary"],
    "data": [
        "security/groups.xml",
        "security/ir.model.access.csv",
        "data/vocabularies.xml",
        "views/service_point_views.xml",
    ],
    "application": True,
}
