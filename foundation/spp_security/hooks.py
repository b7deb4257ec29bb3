# Part of the SPP attendance suite. LGPL-3.
from odoo.fields import Command


def post_init_hook(env):
    """Make system administrators administrators of the social protection apps too.

    ``base.group_system`` is only updated by data files while it may be updated; this catches databases where it may not.
    """
    env.ref("base.group_system").implied_ids = [Command.link(env.ref("spp_security.group_spp_admin").id)]
