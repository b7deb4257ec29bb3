# Part of the SPP attendance suite. LGPL-3.
from . import spp_beneficiary_status_wizard
from . import spp_beneficiary_status_undo_wizard
