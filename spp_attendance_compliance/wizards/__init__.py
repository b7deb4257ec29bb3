# Part of the SPP attendance suite. LGPL-3.
from . import (
    attendance_notify,
    attendance_unknown_confirm,
    attendance_unknown_resolve,
    attendance_what_if,
    event_attendance_correct,
    prepare_entitlement_confirm_wizard,
)
