# Part of the SPP attendance suite. LGPL-3.
from . import (
    test_device_access,
    test_device_layer,
    test_iclock_http,
    test_late_scans,
    test_locked_register,
    test_matching,
    test_protocol,
    test_zkteco_push,
)
