# Part of the SPP attendance suite. LGPL-3.
{
    "name": "SPP Beneficiary Status",
    "summary": "Potential, active, suspended, graduated: every change with its reason, and an undo",
    "version": "19.0.2.0.0",
    "category": "Social Protection",
    "author": "SPP Attendance Contributors",
    "license": "LGPL-3",
    "depends": ["spp_integrity", "spp_programs", "spp_programs_access", "spp_registry"],
    "data": [
        "security/ir.model.access.csv",
        "wizards/beneficiary_status_wizard_views.xml",
        "wizards/beneficiary_status_undo_wizard_views.xml",
        "views/beneficiary_status_change_views.xml",
        "views/beneficiary_status_batch_views.xml",
        "views/program_membership_views.xml",
        "views/beneficiary_status_menus.xml",
    ],
}
