# Part of the SPP attendance suite. LGPL-3.
"""Whether somebody still belongs to a household follows from the day the membership ended, and from nothing else."""

from odoo import models


class GroupMembership(models.Model):
    _name = "spp.group.membership"
    _inherit = ["spp.group.membership", "spp.guarded.fields.mixin"]

    _system_fields = ("is_ended",)
