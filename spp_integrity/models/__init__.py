# Part of the SPP attendance suite. LGPL-3.
from . import append_only_mixin
from . import guarded_fields_mixin
from . import history_maintenance
from . import run_later
