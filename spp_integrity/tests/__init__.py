# Part of the SPP attendance suite. LGPL-3.
from . import test_clock
from . import test_dangling_references
from . import test_field_guard
from . import test_guarded_context
from . import test_history_maintenance
from . import test_run_later
from . import test_access_declared
from . import test_trace
