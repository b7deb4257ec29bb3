# Part of the SPP attendance suite. LGPL-3.
"""What every redemption keeps, cash or goods: who, when by which clock, where, by whom and with which card."""

from odoo import api, fields, models


class EntitlementTransactionMixin(models.AbstractModel):
    """An append-only row of what a service point handed out (PURCHASE) or took back (VOID).

    Rows come in through `book` only. They are never changed or deleted: a wrong one is voided.
    """

    _name = "spp.entitlement.transaction.mixin"
    _inherit = ["spp.append.only.mixin"]
    _description = "Redemption Transaction"
    _order = "timestamp_transaction_created desc, id desc"
    _rec_name = "transaction_uuid"
    _company_path = "company_id"
    _area_path = "partner_id.area_id"

    # What is derived from the entitlement follows it, for example when two registrants are merged.
    _append_only_except = ("partner_id", "cycle_id", "program_id", "company_id")
    _append_only_anonymise = ("card_number", "receipt_number")

    # Knobs of the concrete model: the field that lowers the balance of the entitlement, and its kind in words.
    _redemption_measure = ""
    _redemption_kind = ""

    transaction_uuid = fields.Char(string="Transaction Number", required=True, readonly=True, copy=False)
    transaction_type = fields.Selection(
        [("PURCHASE", "Purchase"), ("VOID", "Void")], string="Type", required=True, readonly=True
    )
    # Cash unless the concrete model says otherwise; the fields below follow it.
    entitlement_id = fields.Many2one("spp.entitlement", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner",
        string="Beneficiary",
        related="entitlement_id.partner_id",
        store=True,
        precompute=True,
        index=True,
    )
    cycle_id = fields.Many2one("spp.cycle", related="entitlement_id.cycle_id", store=True, precompute=True, index=True)
    program_id = fields.Many2one(
        "spp.program", related="entitlement_id.cycle_id.program_id", store=True, precompute=True, index=True
    )
    company_id = fields.Many2one(
        "res.company", related="entitlement_id.cycle_id.program_id.company_id", store=True, precompute=True, index=True
    )
    timestamp_transaction_created = fields.Datetime(
        string="Time of Transaction", required=True, readonly=True, index=True
    )
    transaction_zone = fields.Char(
        string="Zone as Sent",
        readonly=True,
        help="The offset or time zone in which the time was sent; empty when it had none and was read as UTC.",
    )
    transaction_date = fields.Date(
        string="Day of Transaction", readonly=True, help="Local day of the transaction in the program's time zone."
    )
    time_received = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount_charged_by_service_point = fields.Monetary(string="Amount", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Booked By", required=True, readonly=True, index=True, default=lambda self: self.env.user
    )
    service_point_id = fields.Many2one("spp.service.point", readonly=True, index="btree_not_null", ondelete="restrict")
    device_id = fields.Many2one(
        "spp.service.point.device",
        string="Signed-In Device",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="The device whose token the transaction came with.",
    )
    service_point_device_id = fields.Char(string="Device", readonly=True)
    card_number = fields.Char(readonly=True)
    card_type = fields.Char(readonly=True)
    receipt_number = fields.Char(readonly=True)

    _transaction_uuid_unique = models.Constraint(
        "UNIQUE (transaction_uuid)", "This transaction number has been booked already."
    )
    _void_has_purchase = models.Constraint(
        "CHECK ((transaction_type = 'VOID') = (purchase_id IS NOT NULL))",
        "A void points at its purchase, and only a void does.",
    )
    _purchase_voided_once = models.UniqueIndex(
        "(purchase_id) WHERE purchase_id IS NOT NULL", "This purchase has been voided already."
    )

    @api.depends("transaction_uuid", "transaction_date")
    def _compute_display_name(self):
        # sudo: value, day and number of a transaction are its name for whoever may see that it is there
        for row in self.sudo():
            row.display_name = self.env._(
                "%(value)s on %(day)s (%(number)s)",
                value=row.entitlement_id._redemption_text(row[row._redemption_measure]),
                day=row.transaction_date,
                number=row.transaction_uuid,
            )

    # --- append-only

    @api.model
    def _append_only_message(self, deleting=False):
        if deleting:
            return self.env._("A transaction is never deleted. Book a void that points at it instead.")
        return self.env._("A transaction is never changed. Book a void that points at it instead.")
