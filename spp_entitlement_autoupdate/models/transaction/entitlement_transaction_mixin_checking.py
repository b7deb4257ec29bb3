# Part of the SPP attendance suite. LGPL-3.
"""Whether a readable item may be booked, and the sentence for whoever sent it when it may not."""

from odoo import api, models

from .booking_entry import Refusal


class EntitlementTransactionMixin(models.AbstractModel):
    """Checking an item that could be read against its entitlement and what is booked on it.

    `book` is what `_open_book` has read for the whole batch; nothing here queries the database for one item.
    """

    _inherit = "spp.entitlement.transaction.mixin"

    def _check_item(self, vals, book):
        """Refuse an item that does not fit its entitlement; complete the values of one that does."""
        entitlement = book["entitlements"][vals["entitlement_id"]]
        if vals["entitlement_code"] and vals["entitlement_code"] != entitlement.code:
            raise Refusal(
                "other", self.env._("The number and the code name two different entitlements. Check the voucher.")
            )
        self._check_served(vals, entitlement)
        is_late = self._is_late(entitlement)
        self._check_states(entitlement, is_late)
        program = entitlement.cycle_id.program_id
        vals["transaction_date"] = program._redemption_day(vals["timestamp_transaction_created"])
        self._check_currency(vals, entitlement, book)
        self._check_service_point(vals, book)
        self._check_measure(vals, entitlement)
        if vals["transaction_type"] == "VOID":
            self._check_void(vals, entitlement, book)
        else:
            self._check_purchase(vals, entitlement, book)
        if is_late and not book["accept_late"]:
            raise Refusal(
                "late",
                self.env._("The cycle of this entitlement has ended. The transaction is kept for a correction of it."),
            )

    def _check_served(self, vals, entitlement):
        if vals["served_partner_id"] != entitlement.partner_id.id:
            raise Refusal(
                "wrong_beneficiary", self.env._("The entitlement belongs to another beneficiary. Check the card.")
            )
        if vals["served_program_id"] and vals["served_program_id"] != entitlement.cycle_id.program_id.id:
            raise Refusal(
                "wrong_program", self.env._("The entitlement is of another program. Check the card or voucher.")
            )

    @api.model
    def _is_late(self, entitlement):
        """Whether the cycle has ended, so that only a correction of it can change the entitlement."""
        return entitlement.cycle_id.state == "ended"

    def _check_states(self, entitlement, is_late):
        cycle = entitlement.cycle_id
        if not is_late and cycle.state not in cycle._REDEMPTION_STATES:
            raise Refusal(
                "not_redeemable",
                self.env._(
                    "The cycle of this entitlement is not open for redemption (%s). Ask the program office.",
                    self._label(cycle, "state"),
                ),
            )
        is_settled = is_late and entitlement.state in entitlement._FINAL_STATES
        if not is_settled and not entitlement._is_redeemable():
            raise Refusal(
                "not_redeemable",
                self.env._(
                    "The entitlement cannot be redeemed (%s). Ask the program office.",
                    self._label(entitlement, "state"),
                ),
            )

    def _check_currency(self, vals, entitlement, book):
        currency = entitlement._redemption_currency()
        if vals["currency"] != currency.name:
            raise Refusal(
                "other_currency",
                self.env._(
                    "The entitlement is in %(expected)s, the transaction in %(found)s. Send it in %(expected)s.",
                    expected=currency.name,
                    found=vals["currency"] or self.env._("no currency"),
                ),
            )
        vals["currency_id"] = currency.id

    def _check_service_point(self, vals, book):
        if not vals["service_point_id"]:
            return
        service_point = book["service_points"].get(vals["service_point_id"])
        if not service_point or service_point.is_disabled:
            raise Refusal("other", self.env._("The service point is unknown or disabled. Ask the program office."))

    def _convert_measure(self, vals, entitlement, book):
        """Turn the value of an item into what the entitlement is counted in; nothing to do for money."""

    def _check_measure(self, vals, entitlement):
        """A positive value without more decimals than the entitlement is counted in."""
        value = vals[self._redemption_measure]
        if value <= 0:
            raise Refusal(
                "not_positive",
                self.env._("The value of a transaction must be above zero. Send a void to take one back."),
            )
        if value != entitlement._redemption_exact(value):
            raise Refusal(
                "unreadable",
                self.env._("The value has more decimals than the entitlement is counted in. Round it before sending."),
            )

    def _check_purchase(self, vals, entitlement, book):
        # A void has no check of the day: a wrong purchase of the last day may be taken back a day later.
        day = vals["transaction_date"]
        if (entitlement.valid_from and day < entitlement.valid_from) or (
            entitlement.valid_until and day > entitlement.valid_until
        ):
            raise Refusal(
                "outside_validity",
                self.env._(
                    "The entitlement is valid from %(start)s to %(end)s, and the purchase is of %(day)s.",
                    start=entitlement.valid_from or "…",
                    end=entitlement.valid_until or "…",
                    day=day,
                ),
            )
        available = book["available"][entitlement.id]
        if vals[self._redemption_measure] > available and not entitlement.cycle_id.program_id.tolerates_overdraft:
            raise Refusal(
                "above_balance",
                self.env._(
                    "Only %s is left on this entitlement. Book no more than that.",
                    entitlement._redemption_text(float(available)),
                ),
            )

    def _check_void(self, vals, entitlement, book):
        purchase = book["known"].get(vals["purchase_uuid"]) or book["late_purchases"].get(vals["purchase_uuid"])
        if not purchase or purchase["transaction_type"] != "PURCHASE" or purchase["entitlement_id"] != entitlement.id:
            raise Refusal("other", self.env._("There is no such purchase on this entitlement. Check purchase_uuid."))
        if vals["purchase_uuid"] in book["voided"]:
            raise Refusal("other", self.env._("This purchase has been voided already. A purchase can be voided once."))
        if vals[self._redemption_measure] > purchase["measure"]:
            raise Refusal(
                "void_above_purchase",
                self.env._(
                    "The void is above its purchase of %s. Void no more than that.",
                    entitlement._redemption_text(float(purchase["measure"])),
                ),
            )

    @api.model
    def _label(self, record, field_name):
        """Label of a selection value in the language of the user."""
        return dict(record._fields[field_name]._description_selection(self.env)).get(record[field_name], "")
