# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Device",
    "summary": "Approval, secrets, limits and raw requests of devices that talk to the server",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["mail", "spp_integrity"],
    "data": [
        "security/ir.model.access.csv",
        "views/device_token_views.xml",
    ],
}
