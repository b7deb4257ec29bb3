# Part of the SPP attendance suite. LGPL-3.
from . import test_attendance, test_roster, test_session, test_session_access
