# Part of the SPP attendance suite. LGPL-3.
from . import session_roster
from . import session_roster_generation
from . import session_roster_span
from . import session_roster_hold
from . import session_roster_membership
