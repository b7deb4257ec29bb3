# Part of the SPP attendance suite. LGPL-3.
"""The far end of a link from a program: what it points at knows its links and its own form."""

from odoo import api, models


class ManagerSourceMixin(models.AbstractModel):
    _name = "spp.manager.source.mixin"
    _description = "Record a program manager link can point at"

    def unlink(self):
        """Delete the records together with the links that point at them."""
        wrappers = self._get_wrappers()
        result = super().unlink()
        for wrapper in wrappers:
            wrapper.exists().unlink()
        return result

    def _get_wrappers(self):
        """Return the links of every kind that point at the records, as a list of recordsets."""
        references = [f"{self._name},{record_id}" for record_id in self.ids]
        wrappers = []
        for model_name in self.env.registry.descendants(["spp.manager.mixin"], "_inherit"):
            if self.env.registry[model_name]._abstract:
                continue
            if found := self.env[model_name].search([("manager_ref_id", "in", references)]):
                wrappers.append(found)
        return wrappers

    @api.model
    def get_manager_view_id(self):
        """Return the id of the form that shows this kind of manager, or False for the default form."""
        domain = [("model", "=", self._name), ("type", "=", "form"), ("mode", "=", "primary")]
        # sudo: views are read by administrators only, their ids by every screen
        return self.env["ir.ui.view"].sudo().search(domain, limit=1).id
