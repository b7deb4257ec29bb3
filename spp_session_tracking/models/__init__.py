# Part of the SPP attendance suite. LGPL-3.
from . import mixins
from . import rules
from . import res_partner
from . import attendance
from . import session
from . import roster
from . import statistics
