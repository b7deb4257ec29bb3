# Part of the SPP attendance suite. LGPL-3.
from . import program
from . import cycle
from . import cycle_schedule
from . import cycle_carry_over
from . import cycle_manager_default
from . import base_program_entitlement_manager
from . import program_entitlement_manager_default
from . import program_entitlement_manager_cash
