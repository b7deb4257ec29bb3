# Part of the SPP attendance suite. LGPL-3.
from . import attendance_entitlement_mixin
from . import cycle
from . import cycle_entitlement
from . import cycle_late_data
from . import cycle_membership
from . import entitlement_manager
