# Part of the SPP attendance suite. LGPL-3.
from . import session_term
from . import area
from . import session_policy
from . import session_policy_reminder
