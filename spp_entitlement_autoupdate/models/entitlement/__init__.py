# Part of the SPP attendance suite. LGPL-3.
from . import entitlement_redemption_mixin
from . import entitlement
from . import entitlement_inkind
from . import entitlement_state_change
