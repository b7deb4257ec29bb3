# Part of the SPP attendance suite. LGPL-3.
from . import (
    attendance_decision_note,
    session_add_participants,
    session_cancel,
    session_generate,
    session_roster_add_people,
    session_unlock_reason,
)
