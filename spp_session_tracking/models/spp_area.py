# Part of the SPP attendance suite. LGPL-3.
from odoo import fields, models


class Area(models.Model):
    _inherit = "spp.area"

    session_policy_id = fields.Many2one(
        "spp.session.policy",
        ondelete="restrict",
        help="For the sessions in this area and below it, unless the session, its roster or a nearer area names another.",
    )
    session_head_id = fields.Many2one(
        "res.users", "Branch Head", help="Is told about registers that are missing for long, here and below."
    )

    def write(self, vals):
        result = super().write(vals)
        if not {"session_policy_id", "parent_id"}.isdisjoint(vals):
            # sessions below depend on the policies of all areas above them
            sessions_sudo = self.env["spp.session"].sudo().search([("area_id", "child_of", self.ids)])
            sessions_sudo.modified(["area_id"])
        return result
