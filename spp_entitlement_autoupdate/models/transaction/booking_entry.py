# Part of the SPP attendance suite. LGPL-3.
"""An item of a batch carries its outcome with it, is kept as it came, and known again when it is sent again."""

import hashlib
import json
import re

from odoo.exceptions import UserError

MAX_PAYLOAD = 16_000
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


class Refusal(UserError):
    """Why an item of a batch is not booked.

    :param str code: a reason code of spp.entitlement.transaction.review
    :param str reason: one sentence for a person: what is wrong and what to do
    """

    def __init__(self, code, reason):
        super().__init__(reason)
        self.code = code


class BookingEntry:
    """One item of a batch on its way through reading, checking and booking.

    :param item: what was sent
    :param dict origin: where it comes from: source, user_id, company_id, device_id, service_point_id,
        service_point_device_id, time_received (see `_booking_origin` of the transaction mixin)
    :param str kind: "cash" or "inkind"
    """

    def __init__(self, item, origin, kind):
        self.item = item
        self.origin = origin
        self.payload = storable(item)
        self.fingerprint = fingerprint(kind, origin, self.payload)
        self.vals = None
        self.entitlement = None
        self.service_point_id = origin["service_point_id"]
        self.outcome = "rejected"
        self.reason_code = False
        self.reason = False
        # What the book says about the transaction, once it is booked: a dict with the id of its row
        self.booked = {"id": False}

    @property
    def transaction_uuid(self):
        """Number of the transaction as it was sent, False when it has none."""
        uuid = self.payload.get("transaction_uuid")
        return uuid.strip()[:128] if isinstance(uuid, str) else False

    def refuse(self, code, reason):
        """Note why the item is not booked; the reason "late" means that it is kept for a correction."""
        self.outcome = "late" if code == "late" else "rejected"
        self.reason_code, self.reason = code, reason

    def accept(self, outcome, booked):
        """Note that the item is booked ("stored") or was booked before ("duplicate")."""
        self.outcome, self.reason_code, self.reason = outcome, False, False
        self.booked = booked

    @property
    def is_refused(self):
        """Whether the item is not booked, late ones included."""
        return self.outcome in ("rejected", "late")

    def result(self):
        """What the sender is told (dict); of somebody else's entitlement not even the balance."""
        is_known = self.entitlement and self.reason_code != "wrong_beneficiary"
        return {
            "transaction_uuid": self.item.get("transaction_uuid", False) if isinstance(self.item, dict) else False,
            "result": self.outcome,
            "id": self.booked["id"],
            "balance": self.entitlement.entitlement_balance if is_known else False,
            "reason_code": self.reason_code,
            "reason": self.reason,
        }


def storable(item):
    """An item as a set of named values that PostgreSQL can keep as JSON; what is not one is wrapped as text.

    :return: dict, never empty
    """
    try:
        text = json.dumps(item, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        text = type(item).__name__
    # PostgreSQL keeps neither NUL nor half a surrogate pair nor NaN
    text = _NUL.sub(r"\1\\ufffd", text).encode("utf-8", "replace").decode()
    try:
        payload = json.loads(text, parse_constant=refuse_constant) if len(text) <= MAX_PAYLOAD else None
    except ValueError:
        payload = None
    return payload if payload and isinstance(payload, dict) else {"unreadable": text[:MAX_PAYLOAD]}


def refuse_constant(name):
    """For `json.loads`: NaN and Infinity are Python's own, not JSON.

    :raise ValueError: always
    """
    raise ValueError(f"{name} is not JSON")


def fingerprint(kind, origin, payload):
    """What makes a refused item the same as one that is sent again: its content and its sender."""
    text = json.dumps([kind, origin["company_id"], origin["device_id"], payload], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
