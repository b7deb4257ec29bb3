# Part of the SPP attendance suite. LGPL-3.
"""A membership stays that of its registrant and program."""

from odoo import models


class ProgramMembership(models.Model):
    _name = "spp.program.membership"
    _inherit = ["spp.program.membership", "spp.guarded.fields.mixin"]

    _system_fields = ("enrollment_date",)
    _fixed_fields = ("partner_id", "program_id")
