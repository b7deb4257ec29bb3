# Part of the SPP attendance suite. LGPL-3.
from . import session_location
from . import session
from . import session_people
from . import session_register
from . import session_reminder
from . import session_reminding
from . import session_unlock
from . import session_lock
from . import session_screen
from . import session_marking
from . import session_cancel
from . import session_cancel_reason
from . import session_curriculum_topic
from . import session_curriculum
from . import session_time
from . import session_topic
from . import session_type
