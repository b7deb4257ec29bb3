# Part of the SPP attendance suite. LGPL-3.
from . import attendance_status
from . import attendance_reason
from . import session_absence
from . import session_attendance
from . import session_attendance_change
from . import session_attendance_excuse
