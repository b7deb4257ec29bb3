# Part of the SPP attendance suite. LGPL-3.
"""Keys shared by programs, cycles and their managers."""

STATE_DRAFT = "draft"
STATE_TO_APPROVE = "to_approve"
STATE_APPROVED = "approved"
STATE_DISTRIBUTED = "distributed"
STATE_ENDED = "ended"
STATE_CANCELLED = "cancelled"

MANAGER_ELIGIBILITY = 1
MANAGER_CYCLE = 2
MANAGER_PROGRAM = 3
MANAGER_ENTITLEMENT = 4
MANAGER_DEDUPLICATION = 5
MANAGER_NOTIFICATION = 6
MANAGER_PAYMENT = 7
MANAGER_COMPLIANCE = 8

# Link field on spp.program -> {wrapper model: model of the default implementation}
MANAGER_MODELS = {
    "eligibility_manager_ids": {"spp.eligibility.manager": "spp.program.membership.manager.default"},
    "cycle_manager_ids": {"spp.cycle.manager": "spp.cycle.manager.default"},
    "entitlement_manager_ids": {
        "spp.program.entitlement.manager": "spp.program.entitlement.manager.default",
    },
    "program_manager_ids": {"spp.program.manager": "spp.program.manager.default"},
    "compliance_manager_ids": {"spp.compliance.manager": "spp.compliance.manager.default"},
}

# An eligibility check never moves a program membership out of these states
PROTECTED_MEMBERSHIP_STATES = ("duplicated", "exited", "paused")
