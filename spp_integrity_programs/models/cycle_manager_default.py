# Part of the SPP attendance suite. LGPL-3.
"""A new cycle gets its place among the cycles of its program from the host."""

from odoo import models

from odoo.addons.spp_integrity import open_fields


class CycleManagerDefault(models.Model):
    _inherit = "spp.cycle.manager.default"

    def new_cycle(self, name, new_start_date, sequence):
        """Create a draft cycle with its place in the row."""
        manager = open_fields(self, "spp.cycle", "sequence")
        cycle = super(CycleManagerDefault, manager).new_cycle(name, new_start_date, sequence)
        return cycle.with_env(self.env)
