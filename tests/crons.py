# Part of the SPP attendance suite. LGPL-3.
"""Scheduled actions of a running server, which would otherwise change what a test looks at."""

import time

from tools.rpc import RpcError

END = "spp_entitlement_autoupdate.ir_cron_end_cycles"
VACUUM = "base.autovacuum_job"
_WAIT_SECONDS = 60


def hold(admin):
    """Let no cycle end by itself and no entitlement expire; whoever needs the end of cycles starts it.

    :param admin: signed-in administrator
    """
    for name, values in ((END, {"nextcall": "2099-01-01 00:00:00"}), (VACUUM, {"active": False})):
        cron = admin.ref(name)
        deadline = time.monotonic() + _WAIT_SECONDS
        while True:
            try:
                admin.call("ir.cron", "write", [cron], values)
                break
            except RpcError:  # it is running just now
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
