# Part of the SPP attendance suite. LGPL-3.
"""In-kind entitlements are redeemed in the unit in which their goods are counted."""

from odoo import api, fields, models
from odoo.tools import SQL


class EntitlementInkind(models.Model):
    _name = "spp.entitlement.inkind"
    _inherit = ["spp.entitlement.inkind", "spp.entitlement.redemption.mixin"]

    _redemption_initial = "quantity"
    _redemption_model = "spp.inkind.entitlement.transactions"

    # A partly delivered entitlement must never look undelivered again: uninstalling leaves it as delivered.
    state = fields.Selection(
        selection_add=[("trans2FSP",), ("parrdpd2ben", "Partially Redeemed/Paid to Beneficiary"), ("rdpd2ben",)],
        ondelete={"parrdpd2ben": "set rdpd2ben"},
    )
    transaction_ids = fields.One2many("spp.inkind.entitlement.transactions", "entitlement_id", string="Transactions")
    state_change_ids = fields.One2many("spp.entitlement.state.change", "inkind_entitlement_id", string="State Changes")
    entitlement_balance = fields.Float(
        string="Balance Left",
        digits="Product Unit",
        compute="_compute_entitlement_balance",
        store=True,
        help="Entitled quantity less purchases plus voids.",
    )

    expired_value = fields.Float(
        string="Expired",
        digits="Product Unit",
        readonly=True,
        copy=False,
        default=0.0,
        help="What expired when the cycle ended.",
    )
    carried_value = fields.Float(
        string="Carried Over",
        digits="Product Unit",
        readonly=True,
        copy=False,
        default=0.0,
        help="What was carried over to the next cycle, in whole units.",
    )
    carried_to_id = fields.Many2one(
        "spp.entitlement.inkind", string="Carried Over To", readonly=True, copy=False, index="btree_not_null"
    )
    carried_from_id = fields.Many2one("spp.entitlement.inkind", readonly=True, copy=False, index="btree_not_null")

    _closing_idx = models.Index("(cycle_id, id)")
    _to_carry_over_idx = models.Index("(cycle_id) WHERE carried_value > 0 AND carried_to_id IS NULL")
    _carried_once = models.UniqueIndex(
        "(carried_from_id) WHERE carried_from_id IS NOT NULL AND state != 'cancelled'",
        "What was left of this entitlement has been carried over already.",
    )

    @api.depends("state")
    def _compute_approval_state(self):
        super()._compute_approval_state()
        self.filtered(lambda entitlement: entitlement.state == "parrdpd2ben").approval_state = "approved"

    def _redemption_rounding(self):
        return 10 ** -self.env["decimal.precision"].precision_get("Product Unit")

    def _redemption_unit(self):
        """Unit in which the quantity is counted."""
        return self.uom_id or self.product_id.uom_id

    def _redemption_text(self, value):
        return f"{value:g} {self._redemption_unit().display_name}"

    def _closing_unit(self, cycle):
        joins = SQL(
            """LEFT JOIN product_product product ON product.id = e.product_id
               LEFT JOIN product_template template ON template.id = product.product_tmpl_id"""
        )
        return joins, SQL("COALESCE(e.uom_id, template.uom_id)"), "uom_id"

    def _closing_whole(self, balance):
        """The host counts quantities of entitlements in whole units."""
        return SQL("FLOOR(%s)", balance)
