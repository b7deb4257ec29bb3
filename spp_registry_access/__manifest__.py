# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Registry Access",
    "summary": "Who sees registrants, their birth dates and their identifiers",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_area", "spp_integrity", "spp_registry"],
    "data": [
        "security/registry_access_groups.xml",
        "security/registry_access_rules.xml",
    ],
}
