# Part of the SPP attendance suite. LGPL-3.
"""Refused items are kept once however often they come, and settled when their transaction gets booked."""

import json
from collections import Counter

from odoo import api, models
from odoo.tools import SQL

from .entitlement_transaction_review import KINDS


class EntitlementTransactionReview(models.Model):
    """What the booking asks of the review list: keep what is refused, and say what was decided about it before."""

    _inherit = "spp.entitlement.transaction.review"

    @api.model
    def _decided(self, entries):
        """Rows that were decided on, by fingerprint, of items that are sent again."""
        fingerprints = list({entry.fingerprint for entry in entries})
        reviews = self.search([("fingerprint", "in", fingerprints), ("state", "!=", "open")])
        return {review.fingerprint: review for review in reviews}

    def _answer(self, entry):
        """Give an item that is sent again the outcome that was decided."""
        entry.entitlement = self._entitlement()
        if self.state == "booked":
            entry.accept("duplicate", {"id": self[KINDS[self.kind][2]].id})
        else:
            entry.refuse(
                self.reason_code if self.reason_code != "late" else "other",
                self.env._("The program office has dismissed this transaction: %s", self.decision_note),
            )

    @api.model
    def _note(self, entries, kind):
        """Keep the refused items of a batch, and settle open rows whose transaction has been booked now."""
        self._settle_booked([entry for entry in entries if not entry.is_refused], kind)
        refused = [entry for entry in entries if entry.is_refused]
        if not refused:
            return
        times = Counter(entry.fingerprint for entry in refused)
        rows = {entry.fingerprint: self._prepare_note(entry, kind, times[entry.fingerprint]) for entry in refused}
        rows = list(rows.values())  # in the order of the batch, which is the order in which a correction books them
        columns = list(rows[0])
        self.env.flush_all()
        # Two senders of the same item at once meet at the unique index: one row, counted twice.
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO %(table)s AS kept (%(columns)s) VALUES %(rows)s
                ON CONFLICT (fingerprint) DO UPDATE
                   SET times_received = kept.times_received + EXCLUDED.times_received,
                       last_received_at = EXCLUDED.last_received_at,
                       reason_code = CASE WHEN kept.state = 'open' AND kept.repaired_payload IS NULL
                                          THEN EXCLUDED.reason_code ELSE kept.reason_code END,
                       reason = CASE WHEN kept.state = 'open' AND kept.repaired_payload IS NULL
                                     THEN EXCLUDED.reason ELSE kept.reason END,
                       write_uid = EXCLUDED.write_uid, write_date = EXCLUDED.write_date
                """,
                table=SQL.identifier(self._table),
                columns=SQL(", ").join(SQL.identifier(column) for column in columns),
                rows=SQL(", ").join(tuple(row.values()) for row in rows),
            ),
            log_exceptions=False,
        )
        self.invalidate_model()

    @api.model
    def _prepare_note(self, entry, kind, times):
        """The database row of a refused item."""
        links = dict.fromkeys(("entitlement_id", "inkind_entitlement_id", "partner_id", "cycle_id", "program_id"))
        links["company_id"] = entry.origin["company_id"]
        links.update(self._prepare_links(entry, kind))
        now = self.env.cr.now()
        return {
            "kind": kind,
            "payload": json.dumps(entry.payload),
            "fingerprint": entry.fingerprint,
            "transaction_uuid": entry.transaction_uuid or None,
            "reason_code": entry.reason_code,
            "reason": entry.reason,
            **links,
            "service_point_id": entry.service_point_id or None,
            "device_id": entry.origin["device_id"] or None,
            "user_id": entry.origin["user_id"],
            "received_at": entry.origin["time_received"],
            "last_received_at": entry.origin["time_received"],
            "times_received": times,
            "source": entry.origin["source"],
            "state": "open",
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
        }

    @api.model
    def _settle_booked(self, entries, kind):
        """Open rows of transactions that are in the book now: nothing is left to decide about them."""
        by_number = {entry.transaction_uuid: entry for entry in entries if entry.transaction_uuid}
        if not by_number:
            return
        reviews = self.search(
            [("kind", "=", kind), ("state", "=", "open"), ("transaction_uuid", "in", list(by_number))]
        )
        for review in reviews:
            entry = by_number[review.transaction_uuid]
            if review.fingerprint == entry.fingerprint or review._entitlement() == entry.entitlement:
                review._mark_booked(entry, kind)
