# Part of the SPP attendance suite. LGPL-3.
"""Places within places: an area's full name and its level follow from the areas around it."""

from odoo import api, fields, models


class Area(models.Model):
    _name = "spp.area"
    _description = "Area"
    _parent_store = True
    _order = "parent_id, name, id"

    draft_name = fields.Char("Own Name", required=True, translate=True)
    name = fields.Char(compute="_compute_name", store=True)
    code = fields.Char()
    parent_id = fields.Many2one("spp.area", "Parent Area", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("spp.area", "parent_id", "Areas Inside")
    complete_name = fields.Char(compute="_compute_complete_name", store=True, recursive=True)
    area_type_id = fields.Many2one("spp.area.type", index=True, ondelete="restrict")
    area_level = fields.Integer("Level", compute="_compute_area_level", store=True, recursive=True)

    _code_unique = models.Constraint("UNIQUE(code)", "Another area has this code.")

    @api.depends("draft_name", "code")
    def _compute_name(self):
        for area in self:
            area.name = f"{area.draft_name} ({area.code})" if area.code else area.draft_name

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for area in self:
            area.complete_name = " > ".join(filter(None, (area.parent_id.complete_name, area.name)))

    @api.depends("parent_id.area_level")
    def _compute_area_level(self):
        for area in self:
            area.area_level = area.parent_id.area_level + 1 if area.parent_id else 0
