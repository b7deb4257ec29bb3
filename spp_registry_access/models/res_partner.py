# Part of the SPP attendance suite. LGPL-3.
"""Personal data of registrants, for those whose work needs it."""

from odoo import fields, models

#: Roles that work with personal data imply this group; all others neither read these fields nor search or group by them.
_PERSONAL = "spp_registry_access.group_registrant_personal"


class ResPartner(models.Model):
    _inherit = "res.partner"
    # As areas have it already; declared, so that refusals name nobody.
    _area_path = "area_id"

    birthdate = fields.Date(groups=_PERSONAL)
    gender_id = fields.Many2one(groups=_PERSONAL)
    disabled_reason = fields.Text(groups=_PERSONAL)
    reg_ids = fields.One2many(groups=_PERSONAL)
