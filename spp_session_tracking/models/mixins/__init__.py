# Part of the SPP attendance suite. LGPL-3.
from . import hooks
from . import session_in_use
from . import session_place
from . import person_order
