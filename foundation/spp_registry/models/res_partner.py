# Part of the SPP attendance suite. LGPL-3.
"""People and groups as registrants: names from their parts, plausible dates, deleted by registry managers alone."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

_NAME_PARTS = ("family_name", "given_name", "addl_name")


class ResPartner(models.Model):
    _inherit = "res.partner"
    _order = "id desc"

    is_registrant = fields.Boolean("Registrant", index=True)
    is_group = fields.Boolean("Group", index=True)
    company_id = fields.Many2one(required=True, default=lambda self: self.env.company)
    registration_date = fields.Date(default=fields.Date.context_today)
    disabled = fields.Datetime("Disabled On", help="Empty for active registrants.")
    disabled_reason = fields.Text("Reason for Disabling")
    family_name = fields.Char()
    given_name = fields.Char()
    addl_name = fields.Char("Additional Name")
    birthdate = fields.Date("Date of Birth")
    gender_id = fields.Many2one("spp.vocabulary.code", domain=[("namespace_uri", "=", "urn:iso:std:iso:5218")])
    tags_ids = fields.Many2many(
        "spp.vocabulary.code",
        "res_partner_registrant_tag_rel",
        "partner_id",
        "tag_id",
        "Registrant Tags",
        domain=[("namespace_uri", "=", "urn:openspp:vocab:registrant-tags")],
    )
    reg_ids = fields.One2many("spp.registry.id", "partner_id", "Identifiers")
    group_membership_ids = fields.One2many("spp.group.membership", "group", "Members")
    individual_membership_ids = fields.One2many("spp.group.membership", "individual", "Group Memberships")

    @api.onchange("is_group", *_NAME_PARTS)
    def _onchange_name_parts(self):
        if not self.is_group and any(self[part] for part in _NAME_PARTS):
            self.name = self._format_individual_name({part: self[part] for part in _NAME_PARTS})

    @api.constrains("birthdate")
    def _check_birthdate(self):
        today = fields.Date.context_today(self)
        for partner in self:
            if partner.birthdate and partner.birthdate > today:
                raise ValidationError(
                    self.env._(
                        "%s cannot be born in the future; please correct the date of birth.", partner.display_name
                    )
                )

    @api.constrains("registration_date")
    def _check_registration_date(self):
        today = fields.Date.context_today(self)
        for partner in self:
            if partner.registration_date and partner.registration_date > today:
                raise ValidationError(
                    self.env._(
                        "%s cannot be registered in the future; please correct the registration date.",
                        partner.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        is_group_default = self.env.context.get("default_is_group")
        for vals in vals_list:
            if "company_id" in vals and not vals["company_id"]:
                del vals["company_id"]  # an empty company means "the usual one", not a crash
            if not vals.get("name") and not vals.get("is_group", is_group_default):
                if name := self._format_individual_name(vals):
                    vals["name"] = name
        return super().create(vals_list)

    def write(self, vals):
        result = super().write(vals)
        if not vals.get("name") and not vals.keys().isdisjoint(_NAME_PARTS):
            for partner in self:
                name = self._format_individual_name({part: partner[part] for part in _NAME_PARTS})
                if name and not partner.is_group and name != partner.name:
                    partner.name = name
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_registry_manager(self):
        if self.env.su or not any(partner.is_registrant for partner in self):
            return
        if not self.env.user.has_group("spp_registry.group_registry_manager"):
            raise AccessError(
                self.env._("Only registry managers may delete registrants; you can disable the registrant instead.")
            )

    @api.model
    def _format_individual_name(self, parts):
        """Return "FAMILY, GIVEN ADDL" in upper case from a mapping of name parts; missing parts are left out."""
        family, *others = ((parts.get(part) or "").strip() for part in _NAME_PARTS)
        return ", ".join(filter(None, (family, " ".join(filter(None, others))))).upper()

    def get_formview_id(self, access_uid=None):
        if self.is_registrant:
            return self.env["ir.model.data"]._xmlid_to_res_id("spp_registry.view_individuals_form")
        return super().get_formview_id(access_uid=access_uid)

    def enable_registrant(self):
        """Make disabled registrants active again and forget the reason; others stay untouched."""
        self.filtered("disabled").write({"disabled": False, "disabled_reason": False})
