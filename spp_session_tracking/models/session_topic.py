# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models


class SessionTopic(models.Model):
    _name = "spp.session.topic"
    _description = "Session Topic"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    code = fields.Char()
    description = fields.Text(translate=True)
    session_type_id = fields.Many2one("spp.session.type", ondelete="cascade", index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
