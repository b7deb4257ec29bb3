# Part of the SPP attendance suite. LGPL-3.
"""A membership stays that of its registrant and program."""

from odoo import api, models


class ProgramMembership(models.Model):
    _name = "spp.program.membership"
    _inherit = ["spp.program.membership", "spp.guarded.fields.mixin"]

    _system_fields = ("enrollment_date",)
    _fixed_fields = ("partner_id", "program_id")

    @api.model
    def bulk_create_memberships(self, vals_list, chunk_size=1000, skip_duplicates=False):
        """As the host does, for registrants that the user may read."""
        self._check_references(vals_list)
        return super().bulk_create_memberships(vals_list, chunk_size, skip_duplicates)
