# Part of the SPP attendance suite. LGPL-3.
"""The contact of a new company belongs to that company."""

from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        gets_contact = [not vals.get("partner_id") for vals in vals_list]
        companies = super().create(vals_list)
        for company, has_new_contact in zip(companies, gets_contact, strict=True):
            # Every contact has a company: the contact of a company belongs to that company, not to its creator's.
            if has_new_contact:
                company.partner_id.company_id = company
        return companies
