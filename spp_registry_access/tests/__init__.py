# Part of the SPP attendance suite. LGPL-3.
from . import test_names
from . import test_personal_data
from . import test_registry_access
