# Part of the SPP attendance suite. LGPL-3.
"""The source is on offer as long as the addon is there."""


def post_init_hook(env):
    """Offer scans as a source."""
    env.ref("spp_attendance_scan_source.attendance_source_scan").active = True


def uninstall_hook(env):
    """Scans are no longer counted; the facts that were stay."""
    env.ref("spp_attendance_scan_source.attendance_source_scan").active = False
