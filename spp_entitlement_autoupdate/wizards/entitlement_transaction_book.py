# Part of the SPP attendance suite. LGPL-3.
"""A clerk books one transaction by the code on the voucher, and reads at once why it is refused."""

import uuid
from datetime import UTC

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from odoo.addons.spp_integrity.clock import database_now

from ..models.transaction.entitlement_transaction_review import KINDS


class EntitlementTransactionBook(models.TransientModel):
    """The form with which authorised staff book one transaction, for example from a paper receipt.

    A clerk need not see entitlements: the code on the voucher names one.
    """

    _name = "spp.entitlement.transaction.book"
    _description = "Book a Transaction"
    _own_dialog = True

    kind = fields.Selection([("cash", "Cash"), ("inkind", "In-Kind")], required=True, default="cash")
    transaction_type = fields.Selection(
        [("PURCHASE", "Purchase"), ("VOID", "Void")], string="Type", required=True, default="PURCHASE"
    )
    # Sent with the transaction, so that pressing the button twice books once.
    transaction_uuid = fields.Char(
        required=True, readonly=True, default=lambda self: f"form-{uuid.uuid4()}", export_string_translation=False
    )
    entitlement_code = fields.Char(required=True, help="The code on the card or voucher.")
    beneficiary = fields.Char(compute="_compute_entitlement")
    balance = fields.Char(string="Left", compute="_compute_entitlement")
    unit = fields.Char(compute="_compute_entitlement")
    purchase_id = fields.Many2one(
        "spp.entitlement.transactions", string="Purchase to Void", domain="[('id', 'in', voidable_ids)]"
    )
    inkind_purchase_id = fields.Many2one(
        "spp.inkind.entitlement.transactions",
        string="In-Kind Purchase to Void",
        domain="[('id', 'in', inkind_voidable_ids)]",
    )
    voidable_ids = fields.Many2many("spp.entitlement.transactions", compute="_compute_voidable_ids")
    inkind_voidable_ids = fields.Many2many("spp.inkind.entitlement.transactions", compute="_compute_voidable_ids")
    value = fields.Char(
        string="Amount or Quantity", required=True, help="A number such as 12.50, without sign and thousands separator."
    )
    time = fields.Datetime(
        string="Time of Transaction",
        required=True,
        default=lambda self: database_now(self.env),
        help="In your time zone.",
    )
    service_point_id = fields.Many2one("spp.service.point", domain=[("is_disabled", "=", False)])
    card_number = fields.Char()
    receipt_number = fields.Char()

    @api.depends("kind", "entitlement_code")
    def _compute_entitlement(self):
        for form in self:
            entitlement = form._entitlement()
            form.beneficiary = entitlement.partner_id.display_name
            form.balance = entitlement and entitlement._redemption_text(entitlement.entitlement_balance)
            if not entitlement:
                form.unit = False
            elif form.kind == "cash":
                form.unit = entitlement._redemption_currency().name
            else:
                form.unit = entitlement._redemption_unit().display_name

    @api.depends("kind", "entitlement_code", "transaction_type")
    def _compute_voidable_ids(self):
        for form in self:
            form.voidable_ids = form.inkind_voidable_ids = False
            if form.transaction_type == "VOID":
                form["voidable_ids" if form.kind == "cash" else "inkind_voidable_ids"] = form._voidable()

    @api.onchange("purchase_id", "inkind_purchase_id")
    def _onchange_purchase(self):
        """Propose to take back all of the purchase."""
        purchase = self._purchase()
        if purchase:
            # sudo: how exact a unit is measured is no secret
            measure = purchase.entitlement_id.sudo()._redemption_exact(purchase[purchase._redemption_measure])
            self.value = f"{measure:f}"

    def _voidable(self):
        """Purchases of the entitlement that the user sees (clerks see what they booked) and nobody has voided."""
        Transaction = self.env[KINDS[self.kind][0]]
        purchases = Transaction.search(
            [("entitlement_id", "=", self._entitlement().id), ("transaction_type", "=", "PURCHASE")]
        )
        # sudo: a void that the user may not see has taken a purchase back too
        return purchases - Transaction.sudo().search([("purchase_id", "in", purchases.ids)]).purchase_id

    def _purchase(self):
        return self.purchase_id if self.kind == "cash" else self.inkind_purchase_id

    def _entitlement(self):
        """The entitlement (sudo) with the code, among those on which the user may book; empty when there is none."""
        Transaction = self.env[KINDS[self.kind or "cash"][0]]
        Transaction._check_may_book()
        # sudo: clerks see no entitlements at large, and this one by its code
        entitlements = self.env[Transaction._fields["entitlement_id"].comodel_name].sudo()
        if not self.entitlement_code:
            return entitlements
        code = Domain("code", "=", self.entitlement_code.strip())
        return entitlements.search(code & Transaction._bookable_domain(), limit=1)

    def action_book(self):
        """Book the transaction. One that is refused is not stored: the person who entered it reads why and puts it right.

        :return: client action that tells the balance, or that the transaction waits for a correction of its cycle
        :raise AccessError: the user may not book transactions, or may not see the purchase to void
        :raise UserError: why it is refused
        """
        result = self._book()
        if result["result"] == "rejected":
            raise UserError(result["reason"])
        return self._tell(result)

    def action_book_or_keep(self):
        """Book the transaction; one that is refused goes to the review list, for what was handed out all the same.

        :return: client action that tells the balance, or why the transaction waits for a decision
        :raise AccessError: the user may not book transactions, or may not see the purchase to void
        :raise UserError: there is no such entitlement
        """
        return self._tell(self._book())

    def _book(self):
        """:return: the result of the booking, see `book` of the transaction models"""
        self.ensure_one()
        Transaction = self.env[KINDS[self.kind][0]]
        Transaction._check_may_book()
        entitlement = self._entitlement()
        if not entitlement:
            raise UserError(self.env._("There is no such entitlement. Check the code on the card or voucher."))
        [result] = Transaction._book_as_user([self._prepare_item(entitlement)], "form")
        return result

    def _tell(self, result):
        """:return: client action that tells what became of the transaction"""
        titles = {"late": self.env._("Kept for a Correction"), "rejected": self.env._("Kept for Review")}
        is_kept = result["result"] in titles
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": titles.get(result["result"]) or self.env._("Booked"),
                "message": result["reason"]
                or self.env._("Left on the entitlement: %s", self._entitlement()._redemption_text(result["balance"])),
                "type": "warning" if is_kept else "success",
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def _prepare_item(self, entitlement):
        """The item to book, as a service point would send it."""
        Transaction = self.env[KINDS[self.kind][0]]
        item = {
            "transaction_uuid": self.transaction_uuid,
            "transaction_type": self.transaction_type,
            "entitlement_id": entitlement.id,
            "partner_id": entitlement.partner_id.id,
            "timestamp_transaction_created": self.time.replace(tzinfo=UTC).astimezone(self.env.tz).isoformat(),
            Transaction._redemption_measure: (self.value or "").strip(),
            "service_point_id": self.service_point_id.id,
            "card_number": self.card_number,
            "receipt_number": self.receipt_number,
        }
        if self.kind == "cash":
            item["currency"] = entitlement._redemption_currency().name
        if self.transaction_type == "VOID":
            purchase = self._purchase()
            if not purchase:
                raise UserError(self.env._("Choose the purchase to void."))
            if purchase not in self._voidable():
                raise AccessError(self.env._("This purchase cannot be voided here. Choose one of the list."))
            item["purchase_uuid"] = purchase.transaction_uuid
        return item
