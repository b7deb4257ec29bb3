# Part of the SPP attendance suite. LGPL-3.
"""From a batch to rows in the book: locked, judged in order, stored together, with an answer for each item."""

from decimal import Decimal

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now

from .booking_entry import BookingEntry, Refusal


class EntitlementTransactionMixin(models.AbstractModel):
    """Booking a batch: lock, read, check, store the good ones, keep the refused ones for review."""

    _inherit = "spp.entitlement.transaction.mixin"

    @api.model
    def book(self, transactions):
        """Book a batch of transactions of a service point. Good ones go through, bad ones are kept for review.

        Sending the same transactions again is harmless.

        :param list transactions: one dict per transaction with

            - transaction_uuid (text, unique), transaction_type ("PURCHASE" or "VOID")
            - entitlement_id or entitlement_code, and partner_id (id of the beneficiary served)
            - timestamp_transaction_created (ISO 8601 text; in `time_zone` or UTC when it names no offset)
            - cash: amount_charged_by_service_point (number or decimal text > 0), currency (ISO 4217 code)
            - in-kind: quantity (number or decimal text > 0); optionally product_id, uom_id (a unit that converts
              exactly), amount_charged_by_service_point with currency
            - kind: "cash" or "inkind", when it is sent, as the model
            - void: purchase_uuid, the number of the purchase it takes back (once, wholly or in part)
            - optionally program_id, service_point_id, service_point_device_id, card_number, card_type,
              receipt_number and what was left according to the service point: value_remaining (cash),
              quantity_remaining (in-kind)

        :return: one dict per transaction in the same order: transaction_uuid, result ("stored", "duplicate",
            "rejected", or "late": kept for a correction because the cycle has ended), id (of the row, False when
            there is none), balance (of the entitlement after the batch, False when it is not known), reason_code
            (see spp.entitlement.transaction.review) and reason (one sentence), both False when it is booked
        :raise AccessError: when the user may not book transactions
        :raise UserError: when `transactions` is not a list
        """
        self._check_may_book()
        return self._book_as_user(transactions, "service_point")

    @api.model
    def _check_may_book(self):
        if not (
            self.env.su or self.env.user.has_group("spp_entitlement_autoupdate.group_entitlement_transactions_booker")
        ):
            raise AccessError(
                self.env._("You are not allowed to book redemption transactions. Ask for the role of a booking clerk.")
            )

    @api.model
    def _book_as_user(self, items, source):
        """Book items that the current user, who may book, sends in; see `book`."""
        if not isinstance(items, list):
            raise UserError(self.env._("Send the transactions as a list, one entry for each."))
        origin = self._booking_origin(source)
        entries = [BookingEntry(item, origin, self._redemption_kind) for item in items]
        bookable = self._bookable_domain()
        # sudo: transactions are nobody's to create; on which entitlements the user may book goes along
        return [entry.result() for entry in self.sudo()._book(entries, bookable)]

    @api.model
    def _booking_origin(self, source, device=None):
        """Where items come from, for their rows in the book or in the review list.

        :param str source: "service_point", "import" or "form"
        :param device: the spp.service.point.device that sends them; its service point is used whatever they say
        """
        return {
            "source": source,
            "user_id": (device.responsible_id if device else self.env.user).id,
            "company_id": (device.company_id if device else self.env.company).id,
            "device_id": device.id if device else False,
            "service_point_id": device.service_point_id.id if device else False,
            "service_point_device_id": device.code if device else False,
            "time_received": database_now(self.env),
        }

    @api.model
    def _bookable_domain(self):
        """Entitlements on which the user may book: those of the user's companies and areas."""
        if self.env.su:
            return Domain.TRUE
        domain = Domain("cycle_id.program_id.company_id", "in", [False, *self.env.companies.ids])
        if areas := self.env.user.center_area_ids:
            domain &= Domain("partner_id.area_id", "child_of", areas.ids)
        return domain

    def _book(self, entries, bookable, accept_late=False, keep=True):
        """Read, check and book entries, and keep the refused ones for review.

        :param list entries: BookingEntry objects
        :param bookable: domain of the entitlements on which the sender may book
        :param bool accept_late: also book what came after the end of its cycle (a correction run does)
        :param bool keep: note refused items in the review list; off when they stand there already
        :return: `entries`, with their outcome
        """
        self._judge(entries, bookable, accept_late, reviewed=keep)
        self._create_accepted(entries)
        if keep:
            self.env["spp.entitlement.transaction.review"]._note(entries, self._redemption_kind)
        return entries

    def _judge(self, entries, bookable, accept_late=False, reviewed=True):
        """Decide on the outcome of each entry without storing anything."""
        readable = []
        decided = self.env["spp.entitlement.transaction.review"]._decided(entries) if reviewed else {}
        for entry in entries:
            if review := decided.get(entry.fingerprint):
                review._answer(entry)
                continue
            try:
                entry.vals = {**self._read_item(entry.item), **self._forced_values(entry.origin)}
                readable.append(entry)
            except Refusal as refusal:
                entry.refuse(refusal.code, str(refusal))
        entitlements = self._lock_entitlements(readable, bookable)
        book = self._open_book(readable, entitlements, accept_late)
        for entry in readable:
            try:
                self._judge_entry(entry, book)
            except Refusal as refusal:
                entry.refuse(refusal.code, str(refusal))
                if refusal.code == "late":
                    self._note_late(entry, book)

    def _judge_entry(self, entry, book):
        vals = entry.vals
        if vals["service_point_id"] in book["service_points"]:
            entry.service_point_id = vals["service_point_id"]
        entry.entitlement = book["entitlements"].get(vals["entitlement_id"])
        if not entry.entitlement:
            raise Refusal("other", self.env._("There is no such entitlement. Check the number on the card or voucher."))
        self._convert_measure(vals, entry.entitlement, book)
        if earlier := self._find_earlier(vals, book):
            entry.accept("duplicate", earlier)
            return
        self._check_item(vals, book)
        entry.accept("stored", self._note_accepted(vals, book))

    @api.model
    def _forced_values(self, origin):
        """Values of a row that its origin decides, whatever the item says."""
        values = {"user_id": origin["user_id"], "time_received": origin["time_received"]}
        if origin["device_id"]:
            names = ("device_id", "service_point_id", "service_point_device_id")
            values.update({name: origin[name] for name in names})
        return values

    def _lock_entitlements(self, entries, bookable):
        """Lock the entitlements against other bookings and their cycles against being closed, and return them."""
        entitlements = self.env[self._fields["entitlement_id"].comodel_name]
        ids = {entry.vals["entitlement_id"] for entry in entries} - {False}
        codes = {entry.vals["entitlement_code"] for entry in entries if not entry.vals["entitlement_id"]}
        named = Domain("id", "in", ids) | (Domain("code", "in", codes) if codes else Domain.FALSE)
        entitlements = entitlements.search(named & bookable, order="id")
        if codes:
            by_code = {entitlement.code: entitlement.id for entitlement in entitlements}
            for entry in entries:
                vals = entry.vals
                vals["entitlement_id"] = vals["entitlement_id"] or by_code.get(vals["entitlement_code"], False)
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

    def _open_book(self, entries, entitlements, accept_late):
        """All that the checks of a batch look at, read in sets."""
        items = [entry.vals for entry in entries]
        uuids = {vals["transaction_uuid"] for vals in items} | {vals["purchase_uuid"] for vals in items}
        stored = self.search([("transaction_uuid", "in", list(uuids - {False}))])
        voids = self.search([("purchase_id", "in", stored.ids)])
        service_points = self.env["spp.service.point"].search(
            [("id", "in", list({vals["service_point_id"] for vals in items} - {False}))]
        )
        redeemed = entitlements._redeemed()
        book = {
            "accept_late": accept_late,
            "entitlements": {entitlement.id: entitlement for entitlement in entitlements},
            "available": {
                entitlement.id: entitlement._redemption_exact(
                    Decimal(str(entitlement[entitlement._redemption_initial] or 0))
                    - redeemed.get(entitlement.id, Decimal(0))
                    - entitlement._redemption_carried()
                )
                for entitlement in entitlements
            },
            "known": {row.transaction_uuid: row._fingerprint() for row in stored},
            "voided": {void.purchase_id.transaction_uuid for void in voids},
            "service_points": {point.id: point for point in service_points},
            "late_purchases": {},
            **self._open_book_extra(items, entitlements),
        }
        purchase_uuids = {vals["purchase_uuid"] for vals in items} - {False} - set(book["known"])
        if purchase_uuids and not accept_late:
            book["late_purchases"] = self._late_purchases(purchase_uuids, book)
        return book

    def _open_book_extra(self, items, entitlements):
        """What the checks of a concrete model look at besides."""
        return {}

    def _late_purchases(self, purchase_uuids, book):
        """Purchases that wait for a correction of their cycle: a void of one of them waits with it."""
        reviews = self.env["spp.entitlement.transaction.review"].search(
            [
                ("kind", "=", self._redemption_kind),
                ("reason_code", "=", "late"),
                ("state", "=", "open"),
                ("transaction_uuid", "in", list(purchase_uuids)),
            ]
        )
        purchases = {}
        for review in reviews:
            entitlement = book["entitlements"].get(review._entitlement().id)
            if entitlement and self._is_late(entitlement):
                vals = self._read_item(review._current_item())
                self._convert_measure(vals, entitlement, book)
                purchases[review.transaction_uuid] = self._noted(vals, entitlement)
        return purchases

    def _fingerprint(self):
        """What makes a stored row the same transaction as one that is sent again."""
        return {
            "id": self.id,
            "entitlement_id": self.entitlement_id.id,
            "transaction_type": self.transaction_type,
            "measure": self.entitlement_id._redemption_exact(self[self._redemption_measure]),
            "purchase_uuid": self.purchase_id.transaction_uuid,
        }

    def _find_earlier(self, vals, book):
        """The same transaction, when it was booked before."""
        known = book["known"].get(vals["transaction_uuid"])
        if known is None:
            return None
        keys = ("entitlement_id", "transaction_type", "purchase_uuid")
        if any(known[key] != vals[key] for key in keys) or known["measure"] != vals[self._redemption_measure]:
            raise Refusal(
                "other",
                self.env._("This transaction number was used for another transaction before. Send it with a new one."),
            )
        return known

    def _noted(self, vals, entitlement):
        return {
            "id": False,
            "entitlement_id": entitlement.id,
            "transaction_type": vals["transaction_type"],
            "measure": vals[self._redemption_measure],
            "purchase_uuid": vals["purchase_uuid"],
        }

    def _note_accepted(self, vals, book):
        """Count an accepted item for the items after it in the batch, and return what the book says about it."""
        entitlement = book["entitlements"][vals["entitlement_id"]]
        noted = book["known"][vals["transaction_uuid"]] = self._noted(vals, entitlement)
        # The purchase of a void may have no row before the batch is stored.
        vals["purchase"] = book["known"].get(vals["purchase_uuid"])
        if vals["transaction_type"] == "VOID":
            book["voided"].add(vals["purchase_uuid"])
            book["available"][entitlement.id] += vals[self._redemption_measure]
        else:
            book["available"][entitlement.id] -= vals[self._redemption_measure]
        return noted

    def _note_late(self, entry, book):
        """Let a void that follows a late purchase in the same batch find it."""
        if entry.vals["transaction_type"] == "PURCHASE":
            noted = self._noted(entry.vals, entry.entitlement)
            book["late_purchases"].setdefault(entry.vals["transaction_uuid"], noted)

    def _create_accepted(self, entries):
        """Create the rows of accepted entries, purchases first: a void may follow its purchase in the same batch."""
        for transaction_type in ("PURCHASE", "VOID"):
            batch = [
                entry
                for entry in entries
                if entry.outcome == "stored" and entry.vals["transaction_type"] == transaction_type
            ]
            rows = self.create([self._prepare_row(entry.vals) for entry in batch])
            for entry, row in zip(batch, rows, strict=True):
                entry.booked["id"] = row.id

    def _prepare_row(self, vals):
        """Values of the row of an accepted item."""
        row = {key: value for key, value in vals.items() if key in self._fields}
        row["purchase_id"] = vals["purchase"]["id"] if vals["purchase"] else False
        return {key: float(value) if isinstance(value, Decimal) else value for key, value in row.items()}

    # --- corrections

    def _book_late(self, reviews):
        """Book what came after the end of its cycle: purchases, then voids, each in the order they came in.

        The caller is superuser and holds the lock of the cycle.

        :param reviews: open spp.entitlement.transaction.review records of this kind
        :return: {review: reason (str)} of those that cannot be booked; they stay open with the new reason
        """
        in_order = reviews.sorted(lambda review: (review.item_type == "VOID", review.received_at, review.id))
        return in_order._book_open(Domain.TRUE, accept_late=True)
