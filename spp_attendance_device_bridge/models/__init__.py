# Part of the SPP attendance suite. LGPL-3.
from . import (
    attendance_device,
    attendance_device_iclock,
    attendance_scan,
    attendance_scan_matching,
    session,
    session_roster,
)
