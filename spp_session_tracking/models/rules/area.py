# Part of the SPP attendance suite. LGPL-3.
"""The policy of an area, and the head of its branch."""

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
            # sudo: sessions that the user may not see follow the policy too
            sessions_sudo = self.env["spp.session"].sudo().search([("area_id", "child_of", self.ids)])
            sessions_sudo.modified(["area_id"])
        return result

    def _nearest_session_heads(self):
        """The branch head of each of these areas: its own, else that of the nearest area above.

        :return: dict area id -> `res.users`; areas without any active branch head are left out
        """
        # sudo: who is told does not depend on the areas that the user works in
        areas_sudo = self.sudo()
        above_sudo = areas_sudo.browse(
            {int(part) for area in areas_sudo for part in area.parent_path.split("/") if part}
        )
        own = {area.id: area.session_head_id for area in above_sudo if area.session_head_id.active}
        heads = {}
        for area in areas_sudo:
            line = [int(part) for part in area.parent_path.split("/") if part]
            if nearest := next((area_id for area_id in reversed(line) if area_id in own), None):
                heads[area.id] = own[nearest]
        return heads
