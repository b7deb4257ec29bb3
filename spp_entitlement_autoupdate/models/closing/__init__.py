# Part of the SPP attendance suite. LGPL-3.
from . import cycle_closing
from . import cycle_closing_rules
from . import cycle_closing_correction
from . import cycle_closing_exception
from . import cycle_reopening
from . import cycle_closing_reconciliation
