# Part of the SPP attendance suite. LGPL-3.
from . import prepare_entitlement_confirm_wizard
