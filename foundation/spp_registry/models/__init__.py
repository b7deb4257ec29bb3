# Part of the SPP attendance suite. LGPL-3.
from . import res_company
from . import res_partner
from . import group_membership
from . import registry_id
