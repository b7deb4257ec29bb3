# Part of the SPP attendance suite. LGPL-3.
"""Lists of codes under a name that is the same everywhere."""

from odoo import fields, models


class Vocabulary(models.Model):
    _name = "spp.vocabulary"
    _description = "Vocabulary"
    _order = "name"

    name = fields.Char(required=True, translate=True)
    namespace_uri = fields.Char("Namespace URI", required=True, help="Address of this code list, unique worldwide.")
    is_system = fields.Boolean(
        "System Vocabulary", help="Codes come with the installed modules; users may only add local codes."
    )
    code_ids = fields.One2many("spp.vocabulary.code", "vocabulary_id", "Codes")

    _unique_namespace_uri = models.Constraint("UNIQUE(namespace_uri)", "Another vocabulary has this namespace URI.")
