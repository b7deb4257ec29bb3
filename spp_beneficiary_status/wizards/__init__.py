# Part of the SPP attendance suite. LGPL-3.
from . import beneficiary_status_wizard
from . import beneficiary_status_undo_wizard
