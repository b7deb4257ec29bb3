# Part of the SPP attendance suite. LGPL-3.
from . import (
    attendance_status,
    session,
    session_attendance,
    session_attendance_change,
    session_marking,
    session_policy,
    session_roster,
    session_roster_generation,
    session_roster_hold,
    session_roster_membership,
    session_topic,
    session_type,
)
