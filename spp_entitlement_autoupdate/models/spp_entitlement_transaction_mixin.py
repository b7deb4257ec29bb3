# Part of the SPP attendance suite. LGPL-3.
import math
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, float_compare

EARLIEST = datetime(2000, 1, 1)
MAX_ID = 2**31 - 1


class SppEntitlementTransactionMixin(models.AbstractModel):
    """An append-only row of what a service point handed out (PURCHASE) or took back (VOID).

    Rows come in through `book` only. They are never changed or deleted: a wrong one is voided.
    """

    _name = "spp.entitlement.transaction.mixin"
    _description = "Redemption Transaction"
    _order = "timestamp_transaction_created desc, id desc"
    _rec_name = "transaction_uuid"

    # Knob of the concrete model: the field that lowers the balance of the entitlement.
    _redemption_measure = ""

    transaction_uuid = fields.Char(string="Transaction Number", required=True, readonly=True, copy=False)
    transaction_type = fields.Selection(
        [("PURCHASE", "Purchase"), ("VOID", "Void")], string="Type", required=True, readonly=True
    )
    # Cash unless the concrete model says otherwise; the fields below follow it.
    entitlement_id = fields.Many2one("spp.entitlement", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner", string="Beneficiary", related="entitlement_id.partner_id", store=True, index=True
    )
    cycle_id = fields.Many2one("spp.cycle", related="entitlement_id.cycle_id", store=True, index=True)
    program_id = fields.Many2one("spp.program", related="entitlement_id.cycle_id.program_id", store=True, index=True)
    company_id = fields.Many2one(
        "res.company", related="entitlement_id.cycle_id.program_id.company_id", store=True, index=True
    )
    timestamp_transaction_created = fields.Datetime(
        string="Time of Transaction", required=True, readonly=True, index=True
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
    service_point_id = fields.Many2one("spp.service.point", readonly=True, index="btree_not_null")
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

    # -- append-only

    def write(self, vals):
        if self:
            raise UserError(self.env._("A transaction is never changed. Book a void that points at it instead."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A transaction is never deleted. Book a void that points at it instead."))

    # -- booking

    @api.model
    def book(self, transactions):
        """Book a batch of transactions of a service point. Good ones go through, bad ones are reported.

        Sending the same transactions again is harmless.

        :param list transactions: one dict per transaction with

            - transaction_uuid (text, unique), transaction_type ("PURCHASE" or "VOID")
            - entitlement_id and partner_id (ids; the partner is the beneficiary served)
            - timestamp_transaction_created (ISO 8601 text; UTC when it names no offset)
            - cash: amount_charged_by_service_point (number > 0), currency (ISO 4217 code)
            - in-kind: quantity (number > 0); optionally product_id, uom_id, amount_charged_by_service_point
              with currency
            - void: purchase_uuid, the number of the purchase it takes back (once, wholly or in part)
            - optionally service_point_id, service_point_device_id, card_number, card_type, receipt_number
              and what was left according to the service point: value_remaining (cash), quantity_remaining (in-kind)

        :return: one dict per transaction in the same order: transaction_uuid, result ("stored", "duplicate"
            or "rejected"), id (of the row, False when rejected), balance (of the entitlement after the batch,
            False when it is not known), reason (one sentence when rejected, else False)
        :raise AccessError: when the user may not book transactions
        :raise UserError: when `transactions` is not a list
        """
        if not (
            self.env.su or self.env.user.has_group("spp_entitlement_autoupdate.group_entitlement_transactions_booker")
        ):
            raise AccessError(
                self.env._("You are not allowed to book redemption transactions. Ask for the role of a booking clerk.")
            )
        if not isinstance(transactions, list):
            raise UserError(self.env._("Send the transactions as a list, one entry for each."))
        return self.sudo()._book(transactions, self._bookable_domain())

    @api.model
    def _bookable_domain(self):
        """Entitlements on which the user may book: those of the user's companies and areas."""
        if self.env.su:
            return Domain.TRUE
        domain = Domain("cycle_id.program_id.company_id", "in", [False, *self.env.companies.ids])
        if areas := self.env.user.center_area_ids:
            domain &= Domain("partner_id.area_id", "child_of", areas.ids)
        return domain

    def _book(self, transactions, bookable):
        results, readable = [], {}
        for position, item in enumerate(transactions):
            uuid = item.get("transaction_uuid") if isinstance(item, dict) else False
            results.append({"transaction_uuid": uuid, "result": "rejected", "id": False, "balance": False})
            try:
                readable[position] = self._read_item(item)
            except UserError as error:
                results[position]["reason"] = str(error)

        entitlements = self._lock_entitlements({vals["entitlement_id"] for vals in readable.values()}, bookable)
        book = self._open_book(readable.values(), entitlements)
        accepted = {}
        for position, vals in readable.items():
            try:
                earlier = self._find_earlier(vals, book)
                if earlier is None:
                    self._check_item(vals, book)
                    self._note_item(vals, book)
                    accepted[position] = vals
                results[position].update(result="stored" if earlier is None else "duplicate", reason=False)
            except UserError as error:
                results[position]["reason"] = str(error)
        self._create_accepted(accepted, book)

        for position, vals in readable.items():
            entitlement = book["entitlements"].get(vals["entitlement_id"])
            if entitlement:
                results[position]["balance"] = entitlement.entitlement_balance
            if results[position]["result"] != "rejected":
                results[position]["id"] = book["ids"][vals["transaction_uuid"]]
        return results

    def _lock_entitlements(self, entitlement_ids, bookable):
        """Lock the entitlements against other bookings and their cycles against being closed, and return them."""
        entitlements = self.env[self._fields["entitlement_id"].comodel_name]
        entitlements = entitlements.search(Domain("id", "in", entitlement_ids) & bookable, order="id")
        for records, lock in (
            (entitlements.cycle_id.sorted("id"), SQL("FOR SHARE")),
            (entitlements, SQL("FOR UPDATE")),
        ):
            if records:
                # Somebody booked there at the same moment: not worth a log line, the request is simply tried again.
                self.env.cr.execute(
                    SQL(
                        "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id %s",
                        SQL.identifier(records._table),
                        list(records.ids),
                        lock,
                    ),
                    log_exceptions=False,
                )
        return entitlements

    def _open_book(self, items, entitlements):
        """All that the checks of a batch look at, read in sets."""
        uuids = {vals["transaction_uuid"] for vals in items} | {vals["purchase_uuid"] for vals in items}
        stored = self.search([("transaction_uuid", "in", list(uuids - {False}))])
        voids = self.search([("purchase_id", "in", stored.ids)])
        service_points = self.env["spp.service.point"].search(
            [("id", "in", list({vals.get("service_point_id") for vals in items} - {False, None}))]
        )
        redeemed = entitlements._redeemed()
        return {
            "entitlements": {entitlement.id: entitlement for entitlement in entitlements},
            "balances": {
                entitlement.id: entitlement._redemption_round(
                    entitlement[entitlement._redemption_initial] - redeemed.get(entitlement.id, 0.0)
                )
                for entitlement in entitlements
            },
            "ids": {row.transaction_uuid: row.id for row in stored},
            "known": {row.transaction_uuid: row._fingerprint() for row in stored},
            "voided": {void.purchase_id.transaction_uuid for void in voids},
            "service_points": service_points,
        }

    def _fingerprint(self):
        """What makes a stored row the same transaction as one that is sent again."""
        return {
            "entitlement_id": self.entitlement_id.id,
            "transaction_type": self.transaction_type,
            "measure": self[self._redemption_measure],
            "purchase_uuid": self.purchase_id.transaction_uuid,
        }

    def _find_earlier(self, vals, book):
        """The same transaction, when it was booked before."""
        known = book["known"].get(vals["transaction_uuid"])
        if known is None:
            return None
        entitlement = book["entitlements"].get(vals["entitlement_id"])
        same = (
            entitlement
            and all(known[key] == vals[key] for key in ("entitlement_id", "transaction_type", "purchase_uuid"))
            and self._compare(entitlement, known["measure"], vals[self._redemption_measure]) == 0
        )
        if not same:
            raise UserError(
                self.env._("This transaction number was used for another transaction before. Send it with a new one.")
            )
        return known

    def _note_item(self, vals, book):
        """Count an accepted item for the items after it in the batch."""
        entitlement = book["entitlements"][vals["entitlement_id"]]
        measure = vals[self._redemption_measure]
        book["known"][vals["transaction_uuid"]] = {
            "entitlement_id": entitlement.id,
            "transaction_type": vals["transaction_type"],
            "measure": measure,
            "purchase_uuid": vals["purchase_uuid"],
        }
        if vals["transaction_type"] == "VOID":
            book["voided"].add(vals["purchase_uuid"])
            measure = -measure
        balance = book["balances"][entitlement.id] - measure
        book["balances"][entitlement.id] = entitlement._redemption_round(balance)

    def _create_accepted(self, accepted, book):
        """Create the accepted rows, purchases first: a void may follow its purchase in the same batch."""
        by_type = defaultdict(list)
        for vals in accepted.values():
            by_type[vals["transaction_type"]].append(vals)
        for transaction_type in ("PURCHASE", "VOID"):
            vals_list = []
            for vals in by_type[transaction_type]:
                row_vals = {key: value for key, value in vals.items() if key in self._fields}
                row_vals["purchase_id"] = book["ids"].get(vals["purchase_uuid"], False)
                vals_list.append(row_vals)
            rows = self.create(vals_list)
            book["ids"].update({row.transaction_uuid: row.id for row in rows})

    # -- reading and checking one item

    @api.model
    def _read_item(self, item):
        """Values of an item, converted and complete as far as the item alone can tell."""
        if not isinstance(item, dict):
            raise UserError(self.env._("This entry is not a transaction: send one set of named values for each."))
        vals = {
            "transaction_uuid": self._read_text(item, "transaction_uuid"),
            "transaction_type": item.get("transaction_type"),
            "entitlement_id": self._read_id(item, "entitlement_id"),
            "served_partner_id": self._read_id(item, "partner_id"),
            "timestamp_transaction_created": self._read_moment(item.get("timestamp_transaction_created")),
            "currency": self._read_text(item, "currency"),
            "purchase_uuid": self._read_text(item, "purchase_uuid"),
            "service_point_id": self._read_id(item, "service_point_id"),
            self._redemption_measure: self._read_number(item, self._redemption_measure),
        }
        for name in ("service_point_device_id", "card_number", "card_type", "receipt_number"):
            vals[name] = self._read_text(item, name)
        if not vals["transaction_uuid"]:
            raise UserError(self.env._("The transaction has no number: send a unique transaction_uuid."))
        if vals["transaction_type"] not in ("PURCHASE", "VOID"):
            raise UserError(self.env._("The transaction type is unknown: send PURCHASE or VOID."))
        if not vals["entitlement_id"]:
            raise UserError(self.env._("The transaction names no entitlement: send its entitlement_id."))
        if not vals["served_partner_id"]:
            raise UserError(self.env._("The transaction names no beneficiary: send the partner_id of the person."))
        if vals["transaction_type"] == "PURCHASE":
            vals["purchase_uuid"] = False
        elif not vals["purchase_uuid"]:
            raise UserError(self.env._("The void names no purchase: send the number of the purchase as purchase_uuid."))
        return vals

    @api.model
    def _read_text(self, item, name):
        value = item.get(name)
        if value in (None, False):
            return False
        if not isinstance(value, str) or "\0" in value or len(value) > 128:
            raise UserError(self.env._("The value of %s is not a text of at most 128 characters.", name))
        return value.strip() or False

    @api.model
    def _read_id(self, item, name):
        value = item.get(name)
        if value in (None, False):
            return False
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
            raise UserError(self.env._("The value of %s is not a record number.", name))
        return value

    @api.model
    def _read_number(self, item, name):
        value = item.get(name)
        if value in (None, False):
            return 0.0
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise UserError(self.env._("The value of %s is not a number.", name))
        return number

    @api.model
    def _read_moment(self, value):
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(
                self.env._("The time of the transaction is missing or unreadable: send it as 2025-10-31T16:58:00Z.")
            ) from error
        if not EARLIEST <= moment <= fields.Datetime.now() + timedelta(days=1):
            raise UserError(self.env._("The time of the transaction cannot be right. Check the clock of the device."))
        return moment.replace(microsecond=0)

    def _check_item(self, vals, book):
        """Refuse an item that does not fit its entitlement; complete the values of one that does."""
        entitlement = book["entitlements"].get(vals["entitlement_id"])
        if not entitlement:
            raise UserError(self.env._("There is no such entitlement. Check the number on the card or voucher."))
        if vals["served_partner_id"] != entitlement.partner_id.id:
            raise UserError(self.env._("The entitlement belongs to another beneficiary. Check the card."))
        if entitlement.cycle_id.state not in entitlement.cycle_id._REDEMPTION_STATES:
            raise UserError(
                self.env._(
                    "The cycle of this entitlement is not open for redemption (%s). Ask the program office.",
                    self._label(entitlement.cycle_id, "state"),
                )
            )
        if entitlement.state not in entitlement._REDEEMABLE_STATES:
            raise UserError(
                self.env._(
                    "The entitlement cannot be redeemed (%s). Ask the program office.",
                    self._label(entitlement, "state"),
                )
            )
        program = entitlement.cycle_id.program_id
        vals["transaction_date"] = program._redemption_day(vals["timestamp_transaction_created"])
        self._check_currency(vals, entitlement, book)
        self._check_service_point(vals, book)
        self._check_measure(vals, entitlement)
        if vals["transaction_type"] == "VOID":
            self._check_void(vals, entitlement, book)
        else:
            self._check_purchase(vals, entitlement, book)

    def _check_currency(self, vals, entitlement, book):
        currency = entitlement._redemption_currency()
        if vals["currency"] != currency.name:
            raise UserError(
                self.env._(
                    "The entitlement is in %(expected)s, the transaction in %(found)s. Send it in %(expected)s.",
                    expected=currency.name,
                    found=vals["currency"] or self.env._("no currency"),
                )
            )
        vals["currency_id"] = currency.id

    def _check_service_point(self, vals, book):
        if not vals["service_point_id"]:
            return
        service_point = book["service_points"].filtered(lambda point: point.id == vals["service_point_id"])
        if not service_point or service_point.is_disabled:
            raise UserError(self.env._("The service point is unknown or disabled. Ask the program office."))

    def _check_measure(self, vals, entitlement):
        """A positive value without more decimals than the entitlement is counted in."""
        value = vals[self._redemption_measure]
        rounded = entitlement._redemption_round(value)
        if self._compare(entitlement, value, 0.0) <= 0:
            raise UserError(self.env._("The value of a transaction must be above zero. Send a void to take one back."))
        if float_compare(value, rounded, precision_rounding=entitlement._redemption_rounding() / 1000):
            raise UserError(
                self.env._("The value has more decimals than the entitlement is counted in. Round it before sending.")
            )
        vals[self._redemption_measure] = rounded

    def _check_purchase(self, vals, entitlement, book):
        # A void has no such check: a wrong purchase of the last day may be taken back a day later.
        day = vals["transaction_date"]
        if (entitlement.valid_from and day < entitlement.valid_from) or (
            entitlement.valid_until and day > entitlement.valid_until
        ):
            raise UserError(
                self.env._(
                    "The entitlement is valid from %(start)s to %(end)s, and the purchase is of %(day)s.",
                    start=entitlement.valid_from or "…",
                    end=entitlement.valid_until or "…",
                    day=day,
                )
            )
        balance = book["balances"][entitlement.id]
        if self._compare(entitlement, vals[self._redemption_measure], balance) > 0:
            raise UserError(
                self.env._(
                    "Only %s is left on this entitlement. Book no more than that.",
                    entitlement._redemption_text(balance),
                )
            )

    def _check_void(self, vals, entitlement, book):
        purchase = book["known"].get(vals["purchase_uuid"])
        if not purchase or purchase["transaction_type"] != "PURCHASE" or purchase["entitlement_id"] != entitlement.id:
            raise UserError(self.env._("There is no such purchase on this entitlement. Check purchase_uuid."))
        if vals["purchase_uuid"] in book["voided"]:
            raise UserError(self.env._("This purchase has been voided already. A purchase can be voided once."))
        if self._compare(entitlement, vals[self._redemption_measure], purchase["measure"]) > 0:
            raise UserError(
                self.env._(
                    "The void is above its purchase of %s. Void no more than that.",
                    entitlement._redemption_text(purchase["measure"]),
                )
            )

    @api.model
    def _compare(self, entitlement, left, right):
        return float_compare(left, right, precision_rounding=entitlement._redemption_rounding())

    @api.model
    def _label(self, record, field_name):
        """Label of a selection value in the language of the user."""
        return dict(record._fields[field_name]._description_selection(self.env)).get(record[field_name], "")
