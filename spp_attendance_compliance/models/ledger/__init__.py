# Part of the SPP attendance suite. LGPL-3.
from . import attendance_source
from . import event_attendance
from . import event_attendance_source
from . import event_attendance_correction
from . import event_attendance_history
from . import event_attendance_catalogue
from . import event_attendance_version
from . import res_partner
from . import session
from . import session_roster
from . import session_type
from . import event_data
