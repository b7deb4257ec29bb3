# Part of the SPP attendance suite. LGPL-3.
from . import res_partner
from . import spp_event_data
from . import spp_event_type
