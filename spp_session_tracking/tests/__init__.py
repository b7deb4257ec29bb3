# Part of the SPP attendance suite. LGPL-3.
from . import test_arrival_policy
from . import test_attendance
from . import test_attendance_expression
from . import test_attendance_expression_access
from . import test_attendance_expression_evaluation
from . import test_excuse
from . import test_generation
from . import test_hold
from . import test_register
from . import test_roster
from . import test_roster_screen
from . import test_session
from . import test_session_access
from . import test_statistics
