# Part of the SPP attendance suite. LGPL-3.
from . import spp_program
from . import spp_entitlement_redemption_mixin
from . import spp_entitlement_transaction_mixin
from . import spp_entitlement
from . import spp_entitlement_inkind
from . import spp_entitlement_transactions
from . import spp_inkind_entitlement_transactions
from . import spp_cycle_closing
from . import spp_cycle_closing_exception
from . import spp_entitlement_state_change
from . import spp_cycle
from . import spp_cycle_manager
from . import spp_program_entitlement_manager_default
from . import spp_program_entitlement_manager_cash
