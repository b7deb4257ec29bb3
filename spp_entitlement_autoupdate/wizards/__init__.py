# Part of the SPP attendance suite. LGPL-3.
from . import spp_cycle_closing_waive_wizard
from . import spp_cycle_end_wizard
from . import spp_cycle_reopen_wizard
from . import spp_entitlement_transaction_book
from . import spp_entitlement_transaction_dismiss
from . import spp_entitlement_transaction_import
from . import spp_entitlement_transaction_import_line
