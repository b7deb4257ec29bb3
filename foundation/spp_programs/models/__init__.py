# Part of the SPP attendance suite. LGPL-3.
# ruff: isort: skip_file
# A model comes after those it inherits from.
from . import constants
from . import roles
from . import operation_lock_mixin
from . import paging_mixin
from . import bulk_membership_mixin
from . import entitlement_mixin
from . import managers
from . import program
from . import program_membership
from . import cycle
from . import cycle_membership
from . import entitlement
from . import entitlement_inkind
from . import res_partner
from . import res_config_settings
