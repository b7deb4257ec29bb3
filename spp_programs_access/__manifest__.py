# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Programs Access",
    "summary": "Companies and areas of memberships, entitlements, managers and service points",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_programs", "spp_registry_access", "spp_service_points"],
    "data": ["security/programs_access_groups.xml"],
}
