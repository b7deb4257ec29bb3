# Part of the SPP attendance suite. LGPL-3.
"""Numbers by which a registrant is known: one live of each type, in the form that the type asks for."""

import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class RegistryId(models.Model):
    _name = "spp.registry.id"
    _description = "Registrant Identifier"
    _order = "id desc"

    partner_id = fields.Many2one(
        "res.partner",
        "Registrant",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("is_registrant", "=", True)],
    )
    id_type_id = fields.Many2one(
        "spp.vocabulary.code",
        "Identifier Type",
        required=True,
        index=True,
        domain=[("namespace_uri", "=", "urn:openspp:vocab:id-type")],
    )
    value = fields.Char(size=100, index=True)
    status = fields.Selection(
        [("invalid", "Invalid"), ("valid", "Valid")],
        help="Empty counts as live. An identifier that is no longer used is set to Invalid instead of being deleted.",
    )
    expiry_date = fields.Date()

    # The same value may be carried by two persons on purpose: look-ups have to cope with that.
    _unique_live_type = models.UniqueIndex(
        "(partner_id, id_type_id) WHERE status IS DISTINCT FROM 'invalid'",
        "This registrant already has a live identifier of this type; update it, or set it to Invalid first.",
    )

    @api.depends("id_type_id.display", "value")
    def _compute_display_name(self):
        for identifier in self:
            identifier.display_name = " - ".join(filter(None, (identifier.id_type_id.display, identifier.value)))

    @api.constrains("value", "id_type_id")
    def _check_value(self):
        for identifier in self:
            pattern = identifier.id_type_id.id_validation
            if pattern and identifier.value and not re.match(pattern, identifier.value):
                raise ValidationError(
                    self.env._(
                        "%(value)s is not a valid %(type)s; please check the identifier.",
                        value=identifier.value,
                        type=identifier.id_type_id.display,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        # An old identifier set to Invalid in the same save has to leave the unique index before its successor enters.
        self.flush_model(["partner_id", "id_type_id", "status"])
        return super().create(vals_list)
