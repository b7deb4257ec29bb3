# Part of the SPP attendance suite. LGPL-3.
from . import spp_program_membership
from . import spp_beneficiary_status_batch
from . import spp_beneficiary_status_change
from . import spp_beneficiary_status_conflict
