# Part of the SPP attendance suite. LGPL-3.
from . import requirement
from . import run
from . import ledger
from . import cycle
from . import decision
