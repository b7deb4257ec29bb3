# Part of the SPP attendance suite. LGPL-3.
"""Redemptions day by day, cash and goods in one view."""

from odoo import api, fields, models
from odoo.tools import SQL

from .redemption_reconciliation import KINDS, MODELS

_DIGITS = (16, 3)
_RELATED = ("partner_id", "cycle_id", "program_id", "company_id", "transaction_type", "transaction_date")


class RedemptionReport(models.Model):
    """Transactions of both kinds, a void with its value below zero: what the dashboard adds up over time."""

    _name = "spp.redemption.report"
    _description = "Redemption over Time"
    _auto = False
    _rec_name = "transaction_date"
    _order = "transaction_date desc, id desc"
    _company_path = "company_id"
    _area_path = "area_id"

    transaction_date = fields.Date(string="Day", readonly=True)
    cycle_id = fields.Many2one("spp.cycle", readonly=True)
    program_id = fields.Many2one("spp.program", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    area_id = fields.Many2one("spp.area", readonly=True, help="Area of the beneficiary.")
    service_point_id = fields.Many2one("spp.service.point", readonly=True)
    kind = fields.Selection(KINDS, readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    purchase_count = fields.Integer(string="Purchases", readonly=True)
    void_count = fields.Integer(string="Voids", readonly=True)
    redeemed_value = fields.Float(string="Redeemed", digits=_DIGITS, readonly=True, help="Purchases less voids.")

    _depends = {
        "spp.entitlement.transactions": [*_RELATED, "amount_charged_by_service_point"],
        "spp.inkind.entitlement.transactions": [*_RELATED, "quantity"],
        "res.partner": ["area_id"],
    }

    @property
    def _table_query(self):
        return SQL(" UNION ALL ").join(self._part(kind, number) for number, kind in enumerate(MODELS))

    @api.model
    def _part(self, kind, number):
        transactions = self.env[self.env[MODELS[kind]]._redemption_model]
        return SQL(
            """
            SELECT t.id::bigint * 2 + %(number)s AS id, COALESCE(t.transaction_date, t.timestamp_transaction_created::date)
                   AS transaction_date, t.cycle_id, t.program_id, t.company_id, partner.area_id, t.service_point_id,
                   %(kind)s AS kind, %(unit)s, (t.transaction_type = 'PURCHASE')::int AS purchase_count,
                   (t.transaction_type = 'VOID')::int AS void_count,
                   CASE t.transaction_type WHEN 'VOID' THEN -t.%(measure)s ELSE t.%(measure)s END::numeric AS redeemed_value
              FROM %(transactions)s t JOIN res_partner partner ON partner.id = t.partner_id
            """,
            number=number,
            kind=kind,
            unit=SQL("NULL::int AS currency_id, t.product_id, t.uom_id")
            if kind == "inkind"
            else SQL("t.currency_id, NULL::int AS product_id, NULL::int AS uom_id"),
            measure=SQL.identifier(transactions._redemption_measure),
            transactions=SQL.identifier(transactions._table),
        )
