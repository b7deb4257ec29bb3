# Part of the SPP attendance suite. LGPL-3.
from . import res_partner
from . import event_data
from . import event_type
