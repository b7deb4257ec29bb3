# Part of the SPP attendance suite. LGPL-3.
from . import res_partner
from . import res_users
from . import area
from . import area_type
