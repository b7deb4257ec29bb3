# Part of the SPP attendance suite. LGPL-3.
from odoo import api, fields, models


class SppCycleClosingException(models.Model):
    """An entitlement to which no final state can be given; the cycle cannot end before it is put right."""

    _name = "spp.cycle.closing.exception"
    _description = "End-of-Cycle Exception"
    _order = "id"

    closing_id = fields.Many2one("spp.cycle.closing", required=True, readonly=True, index=True, ondelete="cascade")
    entitlement_id = fields.Many2one("spp.entitlement", readonly=True, index="btree_not_null", ondelete="cascade")
    inkind_entitlement_id = fields.Many2one(
        "spp.entitlement.inkind",
        string="In-Kind Entitlement",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    reason = fields.Selection(
        [
            ("nothing_entitled", "The entitled value is zero: correct or cancel the entitlement."),
            ("overdrawn", "More was redeemed than entitled: void what was too much."),
            ("voids_above_purchases", "More was voided than purchased: find the missing purchase."),
        ],
        required=True,
        readonly=True,
    )
    partner_id = fields.Many2one("res.partner", string="Beneficiary", compute="_compute_partner_id")
    balance = fields.Float(digits=(16, 3), readonly=True)

    _one_entitlement = models.Constraint(
        "CHECK (num_nonnulls(entitlement_id, inkind_entitlement_id) = 1)",
        "An exception belongs to one entitlement, cash or in-kind.",
    )

    @api.depends("entitlement_id", "inkind_entitlement_id")
    def _compute_partner_id(self):
        for row in self:
            row.partner_id = row.entitlement_id.partner_id or row.inkind_entitlement_id.partner_id
