# Part of the SPP attendance suite. LGPL-3.
# ruff: isort: skip_file
# A model comes after those it inherits from.
from . import constants
from . import roles
from . import spp_operation_lock_mixin
from . import spp_paging_mixin
from . import spp_bulk_membership_mixin
from . import spp_entitlement_mixin
from . import managers
from . import spp_program
from . import spp_program_membership
from . import spp_cycle
from . import spp_cycle_membership
from . import spp_entitlement
from . import spp_entitlement_inkind
from . import res_partner
from . import res_config_settings
