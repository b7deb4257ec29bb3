# Part of the SPP attendance suite. LGPL-3.
from . import attendance_device
from . import attendance_scan
from . import attendance_source
