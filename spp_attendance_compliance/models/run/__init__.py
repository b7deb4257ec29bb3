# Part of the SPP attendance suite. LGPL-3.
from . import attendance_compliance_run
from . import attendance_compliance_run_sources
from . import attendance_compliance_run_decide
from . import attendance_compliance_run_judge
from . import attendance_compliance_run_apply
from . import attendance_compliance_run_follow_up
from . import attendance_compliance_run_short
from . import attendance_run_person
