# Part of the SPP attendance suite. LGPL-3.
from . import spp_entitlement_transaction_dismiss
