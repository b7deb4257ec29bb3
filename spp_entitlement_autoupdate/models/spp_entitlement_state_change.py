# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models
from odoo.exceptions import UserError


class SppEntitlementStateChange(models.Model):
    """The trace of a state that the end of a cycle gave to an entitlement. Written once, never changed."""

    _name = "spp.entitlement.state.change"
    _description = "Entitlement State Change"
    _order = "id desc"
    _rec_name = "new_state"

    closing_id = fields.Many2one(
        "spp.cycle.closing", string="Run", required=True, readonly=True, index=True, ondelete="restrict"
    )
    entitlement_id = fields.Many2one("spp.entitlement", readonly=True, index="btree_not_null", ondelete="restrict")
    inkind_entitlement_id = fields.Many2one(
        "spp.entitlement.inkind",
        string="In-Kind Entitlement",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    old_state = fields.Selection("_selection_state", required=True, readonly=True)
    new_state = fields.Selection("_selection_state", required=True, readonly=True)
    partner_id = fields.Many2one("res.partner", string="Beneficiary", compute="_compute_partner_id")
    balance = fields.Float(digits=(16, 3), readonly=True)
    user_id = fields.Many2one("res.users", string="Changed By", required=True, readonly=True)

    _one_entitlement = models.Constraint(
        "CHECK (num_nonnulls(entitlement_id, inkind_entitlement_id) = 1)",
        "A state change belongs to one entitlement, cash or in-kind.",
    )

    @api.depends("entitlement_id", "inkind_entitlement_id")
    def _compute_partner_id(self):
        for row in self:
            row.partner_id = row.entitlement_id.partner_id or row.inkind_entitlement_id.partner_id

    @api.model
    def _selection_state(self):
        return self.env["spp.entitlement"]._fields["state"]._description_selection(self.env)

    def write(self, vals):
        if self:
            raise UserError(self.env._("The history of an entitlement is never changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("The history of an entitlement is never deleted."))
