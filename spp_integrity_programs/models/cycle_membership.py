# Part of the SPP attendance suite. LGPL-3.
"""A membership stays that of its registrant and cycle."""

from odoo import api, models


class CycleMembership(models.Model):
    _name = "spp.cycle.membership"
    _inherit = ["spp.cycle.membership", "spp.guarded.fields.mixin"]

    _fixed_fields = ("partner_id", "cycle_id")
    _frozen_fields = ("state",)

    def _settled(self):
        return super()._settled() | self.filtered(lambda membership: membership.cycle_id._is_closed())

    @api.model_create_multi
    def create(self, vals_list):
        memberships = super().create(vals_list)
        if not self.env.su:
            memberships.cycle_id._check_not_closed()
        return memberships

    @api.model
    def bulk_create_memberships(self, vals_list, chunk_size=1000, skip_duplicates=False):
        """As the host does, for registrants that the user may read and cycles that are not over."""
        self._check_references(vals_list)
        if not self.env.su:
            self.env["spp.cycle"].browse({vals.get("cycle_id") for vals in vals_list} - {None})._check_not_closed()
        return super().bulk_create_memberships(vals_list, chunk_size, skip_duplicates)
