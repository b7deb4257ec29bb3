# Part of the SPP attendance suite. LGPL-3.
from . import test_scan_source
from . import test_scan_source_roles
