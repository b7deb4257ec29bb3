# Part of the SPP attendance suite. LGPL-3.
"""When compliance criteria are applied without a click: one setting, kept under both of its names."""

from odoo import fields, models

from .cycle import FILTERING_PARAMETERS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    beneficiaries_automated_filtering_mechanism = fields.Selection(
        [
            ("0", "Never, a program manager applies them"),
            ("1", "When members are added to a cycle"),
            ("2", "When entitlements are prepared"),
        ],
        string="Automatic Compliance Filter",
        required=True,
        default="0",
    )

    def get_values(self):
        values = super().get_values()
        values["beneficiaries_automated_filtering_mechanism"] = self.env["spp.cycle"]._get_filtering_mechanism()
        return values

    def set_values(self):
        result = super().set_values()
        for name in FILTERING_PARAMETERS:
            self.env["ir.config_parameter"].set_param(name, self.beneficiaries_automated_filtering_mechanism)
        return result
