# Part of the SPP attendance suite. LGPL-3.
from . import (
    attendance_compliance_run,
    attendance_decision,
    attendance_expression,
    attendance_expression_manager_mixin,
    attendance_requirement_mixin,
    attendance_source,
    compliance_manager_attendance,
    cycle,
    cycle_membership,
    event_attendance,
    event_attendance_catalogue,
    program_membership_manager_attendance,
    session,
    session_attendance,
    session_roster,
    session_type,
)
