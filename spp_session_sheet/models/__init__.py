# Part of the SPP attendance suite. LGPL-3.
from . import session
from . import session_keying
from . import session_sheet
