# Part of the SPP attendance suite. LGPL-3.
from . import test_host_guard
