# Part of the SPP attendance suite. LGPL-3.
from . import test_attendance_correction
from . import test_attendance_faults
from . import test_attendance_fetch
from . import test_attendance_fetch_cron
from . import test_attendance_identifiers
from . import test_attendance_jobs
from . import test_attendance_measure
from . import test_attendance_refresh
from . import test_attendance_server_roles
from . import test_attendance_source
from . import test_attendance_source_tour
from . import test_peer_weaknesses_servers
from . import test_uninstall_warning
