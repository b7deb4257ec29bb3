# Part of the SPP attendance suite. LGPL-3.
from . import attendance_follow_up
from . import attendance_follow_up_findings
from . import attendance_follow_up_requirement
from . import attendance_summary
from . import res_partner
from . import session
from . import session_policy
