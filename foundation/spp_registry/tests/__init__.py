# Part of the SPP attendance suite. LGPL-3.
from . import test_access
from . import test_company
from . import test_group_membership
from . import test_registrant
from . import test_registry_id
from . import test_views
