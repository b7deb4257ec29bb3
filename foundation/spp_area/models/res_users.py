# Part of the SPP attendance suite. LGPL-3.
"""A user may be bound to areas, and then sees the registrants of these alone."""

from odoo import fields, models


class ResUsers(models.Model):
    _inherit = "res.users"

    center_area_ids = fields.Many2many(
        "spp.area",
        string="Center Areas",
        compute="_compute_center_area_ids",
        store=True,
        help="The user sees only registrants of these areas and the areas inside; empty means everywhere.",
    )

    def _compute_center_area_ids(self):
        """Local roles are what fills this; without them nobody is bound to an area."""
        self.center_area_ids = False

    def _get_invalidation_fields(self):
        # Record rules are cached per user and read this field.
        return super()._get_invalidation_fields() | {"center_area_ids"}
