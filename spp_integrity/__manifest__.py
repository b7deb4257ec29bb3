# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Integrity",
    "summary": "Guarded fields, append-only history, one clock: what money and standing rest on",
    "version": "19.0.1.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["mail"],
    "external_dependencies": {"python": ["cryptography"]},
    "data": [
        "security/ir.model.access.csv",
        "views/base_module_uninstall_views.xml",
        "views/history_maintenance_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
}
