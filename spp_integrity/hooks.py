# Part of the SPP attendance suite. LGPL-3.
"""What is left to do when the addon goes."""


def uninstall_hook(env):
    """Drop the function behind the triggers; the tables that had one go with their addons."""
    env.cr.execute("DROP FUNCTION IF EXISTS spp_guard_history() CASCADE")
