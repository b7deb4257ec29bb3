# Part of the SPP attendance suite. LGPL-3.
from . import (
    attendance_compliance_run,
    attendance_decision,
    attendance_requirement_mixin,
    attendance_source,
    cycle,
    cycle_membership,
    event_attendance,
    event_attendance_catalogue,
    session,
    session_attendance,
    session_roster,
    session_type,
)
