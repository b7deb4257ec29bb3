# Part of the SPP attendance suite. LGPL-3.
"""Who is in the database that is updated, and what only it knows: read by the tests and by Odoo."""

#: Users and their groups.
USERS = {
    "upgrade_viewer": (
        "spp_programs.group_programs_viewer",
        "spp_registry.group_registry_viewer",
        "spp_session_tracking.group_session_viewer",
    ),
    "upgrade_manager": (
        "spp_programs.group_programs_manager",
        "spp_programs.group_programs_validator",
        "spp_programs.group_programs_cycle_approver",
        "spp_registry.group_registry_officer",
        "spp_session_tracking.group_session_manager",
    ),
    "upgrade_clerk": ("spp_entitlement_autoupdate.group_entitlement_transactions_booker",),
    "upgrade_teacher": ("spp_session_tracking.group_session_user",),
}
#: Those who open every screen afterwards.
LOOKERS = ["upgrade_viewer", "upgrade_manager"]
SECRET = "the secret of before"
