# Part of the SPP attendance suite. LGPL-3.
from . import program_membership
from . import beneficiary_status_batch
from . import beneficiary_status_change
from . import beneficiary_status_conflict
