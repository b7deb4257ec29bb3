# Part of the SPP attendance suite. LGPL-3.
"""What an area is, a district of a province for example: types stand below each other too."""

from odoo import api, fields, models


class AreaType(models.Model):
    _name = "spp.area.type"
    _description = "Area Type"
    _parent_store = True
    _order = "parent_id, name, id"
    _rec_name = "complete_name"

    name = fields.Char(required=True)
    parent_id = fields.Many2one("spp.area.type", "Parent Type", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    complete_name = fields.Char(compute="_compute_complete_name", store=True, recursive=True)

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for area_type in self:
            area_type.complete_name = " > ".join(filter(None, (area_type.parent_id.complete_name, area_type.name)))
