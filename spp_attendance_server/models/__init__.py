# Part of the SPP attendance suite. LGPL-3.
from . import attendance_compliance_run_ask
from . import attendance_compliance_run_fetch
from . import attendance_compliance_run_refresh
from . import attendance_run_chunk
from . import attendance_source
from . import event_attendance
