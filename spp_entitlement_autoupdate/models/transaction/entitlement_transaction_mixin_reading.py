# Part of the SPP attendance suite. LGPL-3.
"""An item as it was sent becomes exact values: numbers without floats, moments in UTC, texts within their limits."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfoNotFoundError

from odoo import api, models

from odoo.addons.spp_integrity import wall_to_utc
from odoo.addons.spp_integrity.clock import database_now

from .booking_entry import Refusal

EARLIEST = datetime(2000, 1, 1)
FUTURE_TOLERANCE = timedelta(days=1)
MAX_ID = 2**31 - 1
# With a currency of three decimals this is as many digits as a floating number of a client carries exactly.
MAX_VALUE = Decimal(10) ** 12
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")


class EntitlementTransactionMixin(models.AbstractModel):
    """Reading an item of a batch: types, formats, completeness, as far as the item alone can tell."""

    _inherit = "spp.entitlement.transaction.mixin"

    @api.model
    def _read_item(self, item):
        """Values of an item, converted: moments in UTC, numbers as exact decimals."""
        if not isinstance(item, dict):
            raise self._unreadable(
                self.env._("This entry is not a transaction: send one set of named values for each.")
            )
        if item.get("kind") not in (None, False, self._redemption_kind):
            raise self._unreadable(
                self.env._("The kind of the transaction does not fit: send cash or inkind, as the entitlement is.")
            )
        moment, zone = self._read_moment(item)
        vals = {
            "transaction_uuid": self._read_text(item, "transaction_uuid"),
            "transaction_type": item.get("transaction_type"),
            "entitlement_id": self._read_id(item, "entitlement_id"),
            "entitlement_code": self._read_text(item, "entitlement_code"),
            "served_partner_id": self._read_id(item, "partner_id"),
            "served_program_id": self._read_id(item, "program_id"),
            "timestamp_transaction_created": moment,
            "transaction_zone": zone,
            "currency": self._read_text(item, "currency"),
            "purchase_uuid": self._read_text(item, "purchase_uuid"),
            "service_point_id": self._read_id(item, "service_point_id"),
            self._redemption_measure: self._read_number(item, self._redemption_measure),
        }
        for name in ("service_point_device_id", "card_number", "card_type", "receipt_number"):
            vals[name] = self._read_text(item, name)
        if not vals["transaction_uuid"]:
            raise self._unreadable(self.env._("The transaction has no number: send a unique transaction_uuid."))
        if vals["transaction_type"] not in ("PURCHASE", "VOID"):
            raise self._unreadable(self.env._("The transaction type is unknown: send PURCHASE or VOID."))
        if not vals["entitlement_id"] and not vals["entitlement_code"]:
            raise self._unreadable(
                self.env._("The transaction names no entitlement: send its entitlement_id or its entitlement_code.")
            )
        if not vals["served_partner_id"]:
            raise self._unreadable(
                self.env._("The transaction names no beneficiary: send the partner_id of the person.")
            )
        if vals["transaction_type"] == "PURCHASE":
            vals["purchase_uuid"] = False
        elif not vals["purchase_uuid"]:
            raise self._unreadable(
                self.env._("The void names no purchase: send the number of the purchase as purchase_uuid.")
            )
        return vals

    @api.model
    def _unreadable(self, reason):
        return Refusal("unreadable", reason)

    @api.model
    def _read_text(self, item, name):
        value = item.get(name)
        if value in (None, False):
            return False
        if not isinstance(value, str) or not value.replace("\xa0", " ").isprintable() or len(value) > 128:
            raise self._unreadable(self.env._("The value of %s is not a text of at most 128 characters.", name))
        return value.strip() or False

    @api.model
    def _read_id(self, item, name):
        value = item.get(name)
        if value in (None, False):
            return False
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_ID:
            raise self._unreadable(self.env._("The value of %s is not a record number.", name))
        return value

    @api.model
    def _read_number(self, item, name):
        """The exact decimal (Decimal) of a number, or of a number written as text; zero when there is none."""
        value = item.get(name)
        if value in (None, False):
            return Decimal(0)
        if isinstance(value, float):
            # A floating number carries 15 decimal digits; what comes after them is noise of its binary form.
            value = f"{value:.15g}"
            number = Decimal(value) if value not in ("nan", "inf", "-inf") else None
        elif isinstance(value, int) and not isinstance(value, bool):
            number = Decimal(value) if abs(value) < MAX_VALUE else MAX_VALUE
        else:
            number = Decimal(value.strip()) if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) else None
        if number is None:
            raise self._unreadable(self.env._("The value of %s is not a number.", name))
        if abs(number) >= MAX_VALUE:
            raise self._unreadable(self.env._("The value of %s is too large to be right.", name))
        return number

    @api.model
    def _read_moment(self, item):
        """Moment of the transaction in UTC (naive), and the offset or zone in which it was sent (False: none).

        A time without an offset is in the zone named `time_zone`, without that in UTC.
        """
        zone = self._read_text(item, "time_zone")
        try:
            moment = datetime.fromisoformat(item.get("timestamp_transaction_created"))
            if moment.tzinfo:
                zone = moment.tzname()
            elif zone:
                moment = wall_to_utc(moment, zone)
            if moment.tzinfo:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
        except ZoneInfoNotFoundError as error:
            raise self._unreadable(
                self.env._("The time zone is unknown: send one such as Asia/Jakarta as time_zone.")
            ) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise self._unreadable(
                self.env._("The time of the transaction is missing or unreadable: send it as 2025-10-31T16:58:00Z.")
            ) from error
        if not EARLIEST <= moment <= database_now(self.env) + FUTURE_TOLERANCE:
            raise self._unreadable(
                self.env._("The time of the transaction cannot be right. Check the clock of the device.")
            )
        return moment.replace(microsecond=0), zone
