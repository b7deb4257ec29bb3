# Part of the SPP attendance suite. LGPL-3.
from . import test_approve_and_revert
from . import test_attendance_expression_managers
from . import test_attendance_run_tour
from . import test_attendance_fetch
from . import test_attendance_source
from . import test_attendance_correction
from . import test_compliance_access
from . import test_compliance_run
from . import test_group_decision
from . import test_ledger
from . import test_requirement
