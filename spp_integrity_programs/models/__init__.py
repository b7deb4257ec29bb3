# Part of the SPP attendance suite. LGPL-3.
from . import cycle
from . import cycle_manager_default
from . import cycle_membership
from . import entitlement_guard_mixin
from . import entitlement
from . import entitlement_inkind
from . import program
from . import program_membership
