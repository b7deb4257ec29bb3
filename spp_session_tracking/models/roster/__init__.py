# Part of the SPP attendance suite. LGPL-3.
from . import session_roster_screen
from . import session_roster_screen_help
from . import session_roster_suggestion
from . import session_roster_marking
from . import session_roster
from . import session_roster_closure
from . import session_roster_generation
from . import session_roster_span
from . import session_roster_hold
from . import session_roster_membership
