# Part of the SPP attendance suite. LGPL-3.
"""What is left behind in order when attendance servers are no longer asked."""


def uninstall_hook(env):
    """Nobody goes on asking: runs in the middle of it are stopped. The facts that came, and what was decided, stay."""
    env["spp.attendance.compliance.run"].search([("state", "=", "fetching")]).state = "failed"
