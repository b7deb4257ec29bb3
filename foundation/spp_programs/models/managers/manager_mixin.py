# Part of the SPP attendance suite. LGPL-3.
"""A program reaches whatever does a job for it by a link, and the two are deleted together."""

from odoo import api, fields, models


class ManagerMixin(models.AbstractModel):
    _name = "spp.manager.mixin"
    _description = "Link from a program to the record that does a job for it"

    manager_ref_id = fields.Reference(selection="_selection_manager_ref_id", string="Manager", required=True)
    manager_id = fields.Integer(string="Manager ID", compute="_compute_manager_id")

    @api.model
    def _selection_manager_ref_id(self):
        """Return the (model, label) pairs that can do the job; extend it to offer another implementation."""
        return []

    @api.depends("manager_ref_id")
    def _compute_manager_id(self):
        for wrapper in self:
            wrapper.manager_id = wrapper.manager_ref_id.id if wrapper.manager_ref_id else 0

    @api.depends("manager_ref_id")
    def _compute_display_name(self):
        for wrapper in self:
            wrapper.display_name = wrapper.manager_ref_id.display_name if wrapper.manager_ref_id else ""

    def unlink(self):
        """Delete the links together with the records they point at."""
        implementations = [wrapper.manager_ref_id for wrapper in self if wrapper.manager_ref_id]
        result = super().unlink()
        for implementation in implementations:
            implementation.exists().unlink()
        return result

    def open_manager_form(self, readonly=False):
        """Show the settings of the manager in a dialog.

        :param bool readonly: show them without letting the user change them
        """
        self.ensure_one()
        manager = self.manager_ref_id
        return {
            "type": "ir.actions.act_window",
            "name": manager.display_name,
            "res_model": manager._name,
            "res_id": manager.id,
            "views": [(manager.get_manager_view_id(), "form")],
            "target": "new",
            "context": {"create": False, "edit": not readonly},
        }
