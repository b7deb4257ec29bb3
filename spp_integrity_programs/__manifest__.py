# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Integrity of Programs",
    "summary": "Approvals, codes and dates of cycles and entitlements are written by nobody by hand",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_integrity", "spp_programs"],
    "auto_install": True,
}
