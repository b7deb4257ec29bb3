# Part of the SPP attendance suite. LGPL-3.
"""Whoever administers the system administers social protection too."""

from odoo.fields import Command


def post_init_hook(env):
    """Make system administrators administrators of the social protection apps too.

    The data file cannot do it in a database where ``base.group_system`` may no longer be updated by data files.
    """
    env.ref("base.group_system").implied_ids = [Command.link(env.ref("spp_security.group_spp_admin").id)]
