# Part of the SPP attendance suite. LGPL-3.
"""Close a cycle step by step, as a job does. It runs in a process of Odoo."""

import time
from pathlib import Path


def measure(env, cycle_id):
    """Close a cycle with a commit after each step.

    :return: dict: `seconds`, `start_mb` and `peak_mb` (memory of the process before, and at most), `most_queries` of a step,
        `chunk` (entitlements in a step)
    """
    cycle = env["spp.cycle"].browse(cycle_id)
    Path("/proc/self/clear_refs").write_text("5")
    start_mb, most_queries, more = _memory("VmRSS"), 0, True
    started = time.perf_counter()
    while more:
        queries = env.cr.sql_log_count
        more = cycle._end_step()
        env.cr.commit()
        most_queries = max(most_queries, env.cr.sql_log_count - queries) if more else most_queries
    seconds = time.perf_counter() - started
    if cycle.state != "ended":
        raise ValueError(f"the cycle is {cycle.state}")
    return {
        "seconds": seconds,
        "start_mb": start_mb,
        "peak_mb": _memory("VmHWM"),
        "most_queries": most_queries,
        "chunk": env["spp.cycle.closing"]._CHUNK_SIZE,
    }


def _memory(name):
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    raise ValueError(f"/proc/self/status has no {name}")
