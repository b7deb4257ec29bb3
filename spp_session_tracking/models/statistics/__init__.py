# Part of the SPP attendance suite. LGPL-3.
from . import attendance_fact
from . import attendance_statistics
from . import attendance_summary
from . import attendance_late_counter
from . import res_partner_attendance
