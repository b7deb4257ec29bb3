# Part of the SPP attendance suite. LGPL-3.
from . import group_membership
from . import registry_id
from . import res_partner
