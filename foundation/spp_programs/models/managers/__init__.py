# Part of the SPP attendance suite. LGPL-3.
# ruff: isort: skip_file
# A model comes after those it inherits from.
from . import base_programs_manager
from . import manager_mixin
from . import manager_source_mixin
from . import program_manager
from . import base_program_manager
from . import program_manager_default
from . import cycle_manager
from . import base_cycle_manager
from . import cycle_manager_default
from . import eligibility_manager
from . import program_membership_manager
from . import program_membership_manager_default
from . import program_entitlement_manager
from . import base_program_entitlement_manager
from . import program_entitlement_manager_default
from . import program_entitlement_manager_cash
from . import program_entitlement_manager_cash_item
from . import program_entitlement_manager_inkind
from . import program_entitlement_manager_inkind_item
from . import compliance_manager
from . import compliance_manager_base
from . import compliance_manager_default
