# Part of the SPP attendance suite. LGPL-3.
from . import session
from . import session_recipients
from . import session_register
from . import session_reminder
from . import session_unlock
from . import session_cancel
from . import session_cancel_reason
from . import session_curriculum
from . import session_planning
from . import session_today
from . import session_time
from . import session_topic
from . import session_type
