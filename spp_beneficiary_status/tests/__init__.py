# Part of the SPP attendance suite. LGPL-3.
from . import test_access
from . import test_history_maintenance
from . import test_status
from . import test_undo
