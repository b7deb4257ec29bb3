# Part of the SPP attendance suite. LGPL-3.
"""The life of a beneficiary within a program."""

STATUSES = [
    ("potential", "Potential"),
    ("active", "Active"),
    ("suspended", "Suspended"),
    ("graduated", "Graduated"),
]

# Where a beneficiary may go from each status. The way back from a mistake is an undo, not a move.
MOVES = {
    "potential": {"active"},
    "active": {"suspended", "graduated"},
    "suspended": {"active", "graduated"},
    "graduated": set(),
}
