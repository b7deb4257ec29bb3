# Part of the SPP attendance suite. LGPL-3.
"""The dialog that shows a token or a key of a device once."""

from odoo import fields, models


class DeviceToken(models.AbstractModel):
    """It has no table, so what it shows is never stored."""

    _name = "spp.device.token"
    _description = "Token of a Device"
    _own_dialog = True

    # needed for the onchange that fills in the token
    id = fields.Id()
    token = fields.Char(readonly=True)
