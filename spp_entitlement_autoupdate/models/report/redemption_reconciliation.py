# Part of the SPP attendance suite. LGPL-3.
"""A view that balances to zero however it is grouped: entitled, redeemed, remaining, expired, carried over."""

from odoo import api, fields, models
from odoo.tools import SQL

_DIGITS = (16, 3)
KINDS = [("cash", "Cash"), ("inkind", "In-Kind")]
# Kind -> its model of entitlements
MODELS = {"cash": "spp.entitlement", "inkind": "spp.entitlement.inkind"}
# Values that add up: the first is the sum of those after it. Redeemed is added up from transactions, the others from entitlements.
VALUES = ("initial_value", "redeemed_value", "remaining_value", "expired_value", "carried_value")
# States of entitlements that were granted, whether or not anything of them has been redeemed
_GRANTED = ("approved", "trans2FSP", "parrdpd2ben", "rdpd2ben", "expired")


class RedemptionReconciliation(models.Model):
    """What became of the entitlements of a cycle: entitled = redeemed + remaining + expired + carried over.

    A row per cycle, area of the beneficiary, service point, kind and currency or unit. At a service point only what was
    redeemed there counts as entitled; the rest of the entitled value is in the row without a service point, so that each row,
    and any sum of rows, has a difference of zero. One that has not is an error in the data.
    """

    _name = "spp.redemption.reconciliation"
    _description = "Redemption Reconciliation"
    _auto = False
    _rec_name = "cycle_id"
    _order = "cycle_id desc, kind, id"
    _company_path = "company_id"
    _area_path = "area_id"

    cycle_id = fields.Many2one("spp.cycle", readonly=True)
    program_id = fields.Many2one("spp.program", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    area_id = fields.Many2one("spp.area", readonly=True, help="Area of the beneficiary.")
    service_point_id = fields.Many2one(
        "spp.service.point", readonly=True, help="Where it was redeemed; empty for what was not, or not at a known one."
    )
    kind = fields.Selection(KINDS, readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    uom_id = fields.Many2one("uom.uom", string="Unit", readonly=True)
    entitlement_count = fields.Integer(string="Entitlements", readonly=True)
    purchase_count = fields.Integer(string="Purchases", readonly=True)
    void_count = fields.Integer(string="Voids", readonly=True)
    initial_value = fields.Float(string="Entitled", digits=_DIGITS, readonly=True)
    redeemed_value = fields.Float(string="Redeemed", digits=_DIGITS, readonly=True, help="Purchases less voids.")
    remaining_value = fields.Float(string="Remaining", digits=_DIGITS, readonly=True)
    expired_value = fields.Float(string="Expired", digits=_DIGITS, readonly=True)
    carried_value = fields.Float(string="Carried Over", digits=_DIGITS, readonly=True)
    difference = fields.Float(
        digits=_DIGITS, readonly=True, help="Entitled less redeemed, remaining, expired and carried over: must be zero."
    )

    _depends = {
        "spp.entitlement": [
            "cycle_id",
            "partner_id",
            "state",
            "initial_amount",
            "entitlement_balance",
            "expired_value",
            "carried_value",
        ],
        "spp.entitlement.inkind": [
            "cycle_id",
            "partner_id",
            "state",
            "product_id",
            "uom_id",
            "quantity",
            "entitlement_balance",
            "expired_value",
            "carried_value",
        ],
        "spp.entitlement.transactions": ["cycle_id", "transaction_type", "amount_charged_by_service_point"],
        "spp.inkind.entitlement.transactions": ["cycle_id", "transaction_type", "quantity"],
        "spp.cycle": ["program_id", "currency_id"],
        "spp.program": ["company_id"],
        "res.partner": ["area_id"],
        "product.product": ["product_tmpl_id"],
        "product.template": ["uom_id"],
    }

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT MIN(part.id) AS id, part.cycle_id, c.program_id, program.company_id, part.area_id, part.service_point_id,
                   part.kind, CASE part.kind WHEN 'cash' THEN c.currency_id END AS currency_id, part.product_id, part.uom_id,
                   SUM(part.entitlements)::int AS entitlement_count, SUM(part.purchases)::int AS purchase_count,
                   SUM(part.voids)::int AS void_count, SUM(part.initial) AS initial_value, SUM(part.redeemed) AS redeemed_value,
                   SUM(part.remaining) AS remaining_value, SUM(part.expired) AS expired_value,
                   SUM(part.carried) AS carried_value,
                   SUM(part.initial - part.redeemed - part.remaining - part.expired - part.carried) AS difference
              FROM (%s) part
              JOIN spp_cycle c ON c.id = part.cycle_id
              JOIN spp_program program ON program.id = c.program_id
             GROUP BY part.cycle_id, c.program_id, program.company_id, part.area_id, part.service_point_id, part.kind,
                      c.currency_id, part.product_id, part.uom_id
            """,
            SQL(" UNION ALL ").join(self._parts(kind, number) for number, kind in enumerate(MODELS)),
        )

    @api.model
    def _parts(self, kind, number):
        """The entitlements of a kind, and their transactions: what was redeemed at a service point moves there.

        Every row has an id of its own, so that the least one tells a group of them.
        """
        entitlements = self.env[MODELS[kind]]
        transactions = self.env[entitlements._redemption_model]
        product, join = SQL("NULL::int AS product_id, NULL::int AS uom_id"), SQL()
        if kind == "inkind":
            product = SQL("e.product_id, COALESCE(e.uom_id, template.uom_id) AS uom_id")
            join = SQL(
                """JOIN product_product product ON product.id = e.product_id
                   JOIN product_template template ON template.id = product.product_tmpl_id"""
            )
        return SQL(
            """
            SELECT cycle_id, area_id, NULL::int AS service_point_id, %(kind)s AS kind, product_id, uom_id,
                   MIN(id)::bigint * 8 + %(number)s AS id, COUNT(*) AS entitlements, 0 AS purchases, 0 AS voids,
                   SUM(initial)::numeric AS initial, 0 AS redeemed, SUM(remaining)::numeric AS remaining,
                   SUM(expired)::numeric AS expired, SUM(carried)::numeric AS carried
              FROM (SELECT e.id, e.cycle_id, partner.area_id, %(product)s, COALESCE(e.%(initial)s, 0) AS initial,
                           CASE e.state WHEN 'expired' THEN 0
                                        ELSE COALESCE(e.entitlement_balance, 0) - COALESCE(e.expired_value, 0)
                                             - COALESCE(e.carried_value, 0)
                           END AS remaining,
                           CASE WHEN e.state = 'expired' AND COALESCE(e.expired_value, 0) = 0
                                     AND COALESCE(e.carried_value, 0) = 0
                                THEN COALESCE(e.entitlement_balance, 0)
                                ELSE COALESCE(e.expired_value, 0)
                           END AS expired,
                           COALESCE(e.carried_value, 0) AS carried
                      FROM %(entitlements)s e JOIN res_partner partner ON partner.id = e.partner_id %(join)s
                     WHERE e.state = ANY(%(granted)s)
                        OR EXISTS (SELECT FROM %(transactions)s t WHERE t.entitlement_id = e.id)
                   ) granted
             GROUP BY cycle_id, area_id, product_id, uom_id
             UNION ALL
            SELECT cycle_id, area_id, place.service_point_id, %(kind)s, product_id, uom_id,
                   redeemed.id::bigint * 8 + place.number + %(number)s, 0, place.counts * purchases, place.counts * voids,
                   place.sign * redeemed.value, place.counts * redeemed.value, 0, 0, 0
              FROM (SELECT t.cycle_id, partner.area_id, t.service_point_id, %(product)s, MIN(t.id) AS id,
                           COUNT(*) FILTER (WHERE t.transaction_type = 'PURCHASE') AS purchases,
                           COUNT(*) FILTER (WHERE t.transaction_type = 'VOID') AS voids,
                           SUM(CASE t.transaction_type WHEN 'VOID' THEN -t.%(measure)s ELSE t.%(measure)s END)::numeric AS value
                      FROM %(transactions)s t
                      JOIN %(entitlements)s e ON e.id = t.entitlement_id
                      JOIN res_partner partner ON partner.id = e.partner_id %(join)s
                     GROUP BY t.cycle_id, partner.area_id, t.service_point_id, 4, 5
                   ) redeemed
              CROSS JOIN LATERAL (VALUES (redeemed.service_point_id, 1, 1, 2), (NULL, -1, 0, 4))
                    place (service_point_id, sign, counts, number)
            """,
            kind=kind,
            number=number,
            product=product,
            join=join,
            initial=SQL.identifier(entitlements._redemption_initial),
            measure=SQL.identifier(transactions._redemption_measure),
            entitlements=SQL.identifier(entitlements._table),
            transactions=SQL.identifier(transactions._table),
            granted=list(_GRANTED),
        )
