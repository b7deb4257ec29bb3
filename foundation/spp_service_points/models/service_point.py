# Part of the SPP attendance suite. LGPL-3.
"""Where entitlements are redeemed: a shop or office with its area and services, in use or disabled since a day."""

from odoo import fields, models
from odoo.exceptions import UserError


class ServicePoint(models.Model):
    _name = "spp.service.point"
    _inherit = ["mail.thread"]
    _description = "Service Point"
    _order = "id desc"

    name = fields.Char("Agent", required=True)
    area_id = fields.Many2one("spp.area", index=True, ondelete="restrict")
    service_type_ids = fields.Many2many(
        "spp.vocabulary.code",
        "spp_service_point_type_rel",
        "service_point_id",
        "service_type_id",
        "Service Types",
        domain=[("namespace_uri", "=", "urn:openspp:vocab:service-types")],
    )
    phone_no = fields.Char("Phone Number")
    is_contract_active = fields.Boolean("Active Contract", tracking=True)
    is_disabled = fields.Boolean("Disabled", tracking=True)
    disabled_date = fields.Date("Disabled On")
    disabled_reason = fields.Char("Reason for Disabling")
    individual_ids = fields.Many2many(
        "res.partner",
        "service_point_ids_individual_ids_rel",
        "service_point_id",
        "individual_id",
        "People at the Service Point",
    )

    def disable_service_point(self):
        """Take service points out of use from today on.

        :raise UserError: one of them is disabled already
        """
        if already := self.filtered("is_disabled"):
            raise UserError(self.env._("%s is already disabled.", already[0].display_name))
        self.write({"is_disabled": True, "disabled_date": fields.Date.context_today(self)})

    def enable_service_point(self):
        """Take disabled service points back into use.

        :raise UserError: one of them is not disabled
        """
        if already := self.filtered(lambda point: not point.is_disabled):
            raise UserError(self.env._("%s is not disabled.", already[0].display_name))
        self.write({"is_disabled": False, "disabled_date": False, "disabled_reason": False})
