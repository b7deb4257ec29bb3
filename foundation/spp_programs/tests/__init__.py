# Part of the SPP attendance suite. LGPL-3.
from . import test_access
from . import test_bulk
from . import test_compliance
from . import test_cycle
from . import test_entitlement
from . import test_historical_import
from . import test_managers
from . import test_membership
from . import test_program
from . import test_views
