# Part of the SPP attendance suite. LGPL-3.
"""When a program ended is noted by its end."""

from odoo import models


class Program(models.Model):
    _name = "spp.program"
    _inherit = ["spp.program", "spp.guarded.fields.mixin"]

    _system_fields = ("date_ended",)
    _group_fields = {"spp_security.group_spp_admin": ("is_locked", "locked_reason")}

    def end_program(self):
        """Close programs; the host notes when."""
        return super(Program, self._open_fields("date_ended")).end_program()

    def reactivate_program(self):
        """Reopen ended programs; the host forgets when they ended."""
        return super(Program, self._open_fields("date_ended")).reactivate_program()
