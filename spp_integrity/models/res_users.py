# Part of the SPP attendance suite. LGPL-3.
"""Users who work for all companies may change what belongs to all of them."""

from odoo import api, models


class ResUsers(models.Model):
    _inherit = "res.users"

    @api.private
    def is_in_all_companies(self):
        """Whether the user may work in every company there is. For record rules.

        :rtype: bool
        """
        self.ensure_one()
        # sudo: of companies where the user does not work, only whether there is one is told.
        user = self.sudo()
        return not user.env["res.company"].search_count([("id", "not in", user.company_ids.ids)], limit=1)
