# Part of the SPP attendance suite. LGPL-3.
from . import cycle
from . import cycle_membership
from . import entitlement
from . import entitlement_inkind
from . import manager_mixin
from . import manager_source_mixin
from . import program
from . import program_entitlement_manager_cash_item
from . import program_entitlement_manager_inkind_item
from . import program_membership
from . import service_point
