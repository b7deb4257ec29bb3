# Part of the SPP attendance suite. LGPL-3.
# ruff: isort: skip_file
# A model comes after those it inherits from.
from . import spp_base_programs_manager
from . import spp_manager_mixin
from . import spp_manager_source_mixin
from . import spp_program_manager
from . import spp_base_program_manager
from . import spp_program_manager_default
from . import spp_cycle_manager
from . import spp_base_cycle_manager
from . import spp_cycle_manager_default
from . import spp_eligibility_manager
from . import spp_program_membership_manager
from . import spp_program_membership_manager_default
from . import spp_program_entitlement_manager
from . import spp_base_program_entitlement_manager
from . import spp_program_entitlement_manager_default
from . import spp_program_entitlement_manager_cash
from . import spp_program_entitlement_manager_cash_item
from . import spp_program_entitlement_manager_inkind
from . import spp_program_entitlement_manager_inkind_item
from . import spp_compliance_manager
from . import spp_compliance_manager_base
from . import spp_compliance_manager_default
