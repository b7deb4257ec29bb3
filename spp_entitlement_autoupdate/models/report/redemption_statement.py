# Part of the SPP attendance suite. LGPL-3.
"""An operator's own figures stand beside the booked ones, and the difference shows what is missing."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, float_compare, float_round

_DIGITS = (16, 3)
# Kind of entitlement -> its transaction model
_TRANSACTIONS = {"cash": "spp.entitlement.transactions", "inkind": "spp.inkind.entitlement.transactions"}


class RedemptionStatement(models.Model):
    """What an operator says was handed out in a cycle, beside what was booked. A control total: it changes nothing."""

    _name = "spp.redemption.statement"
    _inherit = ["mail.thread", "spp.guarded.fields.mixin"]
    _description = "Operator Statement"
    _order = "cycle_id desc, id"
    _company_path = "company_id"
    _area_path = "service_point_id.area_id"

    _system_fields = ("program_id", "company_id")

    name = fields.Char(string="Reference", help="How the operator calls the statement.")
    cycle_id = fields.Many2one("spp.cycle", required=True, index=True, ondelete="restrict", tracking=True)
    program_id = fields.Many2one("spp.program", related="cycle_id.program_id", store=True, index=True)
    company_id = fields.Many2one("res.company", related="cycle_id.program_id.company_id", store=True, index=True)
    service_point_id = fields.Many2one(
        "spp.service.point",
        index="btree_not_null",
        ondelete="restrict",
        help="The statement is about this service point only; about all of them when empty.",
    )
    kind = fields.Selection([("cash", "Cash"), ("inkind", "In-Kind")], required=True, default="cash")
    product_id = fields.Many2one(
        "product.product",
        index="btree_not_null",
        ondelete="restrict",
        help="The statement is about this product only; about all of them when empty.",
    )
    uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        help="Unit in which the quantity is declared; what was booked is converted into it.",
    )
    currency_id = fields.Many2one("res.currency", related="cycle_id.program_id.currency_id")
    declares = fields.Selection(
        [("both", "Number and Value"), ("count", "Number of Purchases"), ("value", "Value")],
        required=True,
        default="both",
        help="What the operator names and is compared. A quantity needs a product.",
    )
    declared_count = fields.Integer(string="Declared Purchases", tracking=True)
    declared_value = fields.Float(digits=_DIGITS, tracking=True, help="Amount or quantity.")
    booked_count = fields.Integer(
        string="Booked Purchases",
        compute="_compute_booked",
        help="Purchases of the cycle; one that was voided wholly does not count.",
    )
    booked_value = fields.Float(compute="_compute_booked", digits=_DIGITS, help="Purchases less voids.")
    count_difference = fields.Integer(compute="_compute_booked", help="Booked less declared purchases.")
    value_difference = fields.Float(compute="_compute_booked", digits=_DIGITS, help="Booked less declared value.")
    state = fields.Selection(
        [("matches", "Matches"), ("differs", "Differs")],
        string="Result",
        compute="_compute_booked",
        search="_search_state",
    )
    note = fields.Text()

    _counts_are_not_negative = models.Constraint(
        "CHECK (declared_count >= 0 AND declared_value >= 0)", "What an operator declares cannot be below zero."
    )
    _product_is_in_kind = models.Constraint(
        "CHECK (product_id IS NULL OR kind = 'inkind')",
        "Cash has no product. Choose In-Kind or leave the product empty.",
    )
    _quantity_has_product = models.Constraint(
        "CHECK (kind = 'cash' OR declares = 'count' OR product_id IS NOT NULL)",
        "Quantities of different products cannot be added up. Choose a product or declare the number only.",
    )
    _said_once = models.UniqueIndex(
        "(cycle_id, kind, COALESCE(service_point_id, 0), COALESCE(product_id, 0), declares)",
        "There is such a statement already. Correct that one.",
    )

    @api.depends("product_id")
    def _compute_uom_id(self):
        for statement in self:
            statement.uom_id = statement.product_id.uom_id

    @api.constrains("product_id", "uom_id")
    def _check_uom(self):
        for statement in self.filtered("product_id"):
            if not statement.uom_id or not statement.uom_id._has_common_reference(statement.product_id.uom_id):
                raise ValidationError(
                    self.env._(
                        "%(product)s is not measured in that unit. Choose one that can be converted into %(unit)s.",
                        product=statement.product_id.display_name,
                        unit=statement.product_id.uom_id.display_name,
                    )
                )

    @api.depends(
        "cycle_id",
        "service_point_id",
        "kind",
        "product_id",
        "uom_id",
        "currency_id",
        "declares",
        "declared_count",
        "declared_value",
    )
    def _compute_booked(self):
        booked = self._booked()
        for statement in self:
            count, value = booked.get(statement._origin.id, (0, 0.0))
            statement.booked_count = count
            statement.count_difference = statement.declares != "value" and count - statement.declared_count
            statement.booked_value = value
            difference = float_round(value - statement.declared_value, precision_digits=_DIGITS[1])
            statement.value_difference = statement.declares != "count" and difference
            differs = statement.count_difference or float_compare(
                statement.value_difference, 0.0, precision_digits=_DIGITS[1]
            )
            statement.state = "differs" if differs else "matches"

    def _booked(self):
        """What was booked, in one query per kind.

        :return: dict id -> (number of purchases, value in the unit of the statement)
        """
        self.flush_recordset()
        booked = {}
        for kind, statements in self._origin.grouped("kind").items():
            if statements.ids and kind:
                rows = self.env.execute_query(statements._booked_query(self.env[_TRANSACTIONS[kind]]))
                booked |= {statement: (count, float(value)) for statement, count, value in rows}
        return booked

    def _booked_query(self, transactions):
        """SELECT of (id, number of purchases, value) of statements of one kind; `transactions` is its model."""
        transactions.flush_model()
        measure = SQL.identifier(transactions._redemption_measure)
        left = SQL("t.%(measure)s - COALESCE(v.%(measure)s, 0)", measure=measure)
        units, condition, value = SQL(), SQL(), left
        if "uom_id" in transactions._fields:
            condition = SQL("AND (s.product_id IS NULL OR t.product_id = s.product_id)")
            units = SQL(
                """
                LEFT JOIN uom_uom counted ON counted.id = t.uom_id
                LEFT JOIN uom_uom declared ON declared.id = s.uom_id
                      AND split_part(declared.parent_path, '/', 1) = split_part(counted.parent_path, '/', 1)
                """
            )
            value = SQL("(%s) * counted.factor / declared.factor", left)
        return SQL(
            """
            SELECT s.id, COUNT(*) FILTER (WHERE %(left)s > 0), COALESCE(SUM(%(value)s), 0)
              FROM spp_redemption_statement s
              JOIN %(transactions)s t ON t.cycle_id = s.cycle_id AND t.transaction_type = 'PURCHASE' %(condition)s
               AND (s.service_point_id IS NULL OR t.service_point_id = s.service_point_id)
              LEFT JOIN %(transactions)s v ON v.purchase_id = t.id
              %(units)s
             WHERE s.id = ANY(%(ids)s)
             GROUP BY s.id
            """,
            left=left,
            value=value,
            transactions=SQL.identifier(transactions._table),
            condition=condition,
            units=units,
            ids=list(self.ids),
        )

    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: a few for each cycle: all are compared, in two queries
        found = self.sudo().search([("cycle_id", "!=", False)]).filtered(lambda row: row.state in value)
        return [("id", "in", found.ids)]

    @api.depends("cycle_id", "service_point_id", "product_id", "name")
    def _compute_display_name(self):
        for statement in self:
            parts = (
                statement.name,
                statement.cycle_id.name,
                statement.service_point_id.name,
                statement.product_id.name,
            )
            statement.display_name = " · ".join(filter(None, parts))
