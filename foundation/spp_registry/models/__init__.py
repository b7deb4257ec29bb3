# Part of the SPP attendance suite. LGPL-3.
from . import res_company
from . import res_partner
from . import spp_group_membership
from . import spp_registry_id
