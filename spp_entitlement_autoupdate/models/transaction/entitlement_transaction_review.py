# Part of the SPP attendance suite. LGPL-3.
"""Refused transactions wait for a manager, who repairs a copy and tries again, or dismisses them with a reason."""

import json

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from odoo.addons.spp_integrity.clock import database_now

from .booking_entry import BookingEntry

# Kind of a transaction -> (its model, field of a review that points at the entitlement, at the booked row)
KINDS = {
    "cash": ("spp.entitlement.transactions", "entitlement_id", "transaction_id"),
    "inkind": ("spp.inkind.entitlement.transactions", "inkind_entitlement_id", "inkind_transaction_id"),
}
# What a person may correct in the copy of an item: field of a review -> name of the value in the item
_REPAIRABLE = {
    "item_uuid": "transaction_uuid",
    "item_type": "transaction_type",
    "item_entitlement_id": "entitlement_id",
    "item_entitlement_code": "entitlement_code",
    "item_partner_id": "partner_id",
    "item_value": "",  # the measure of the kind
    "item_currency": "currency",
    "item_time": "timestamp_transaction_created",
    "item_purchase_uuid": "purchase_uuid",
}
_NUMBERS = ("entitlement_id", "partner_id")


class EntitlementTransactionReview(models.Model):
    """A transaction that was sent and not booked, word for word, with the reason, until somebody decides on it.

    Sending it again only counts up. Nobody deletes a row or changes what was sent: a repair is made on a copy.
    """

    _name = "spp.entitlement.transaction.review"
    _inherit = ["spp.guarded.fields.mixin"]
    _description = "Transaction to Review"
    _order = "id desc"
    _rec_name = "transaction_uuid"
    _company_path = "company_id"
    _company_shared = False
    _area_path = "partner_id.area_id"
    _area_open = ("('partner_id', '=', False)",)

    _system_fields = (
        *("kind", "payload", "repaired_payload", "fingerprint", "transaction_uuid", "reason_code", "reason"),
        *("entitlement_id", "inkind_entitlement_id", "partner_id", "cycle_id", "program_id", "company_id"),
        *("service_point_id", "device_id", "user_id", "received_at", "last_received_at", "times_received", "source"),
        *("state", "decided_by_id", "decided_at", "decision_note", "transaction_id", "inkind_transaction_id"),
    )
    _group_fields = {"spp_programs.group_programs_manager": tuple(_REPAIRABLE)}

    kind = fields.Selection([("cash", "Cash"), ("inkind", "In-Kind")], required=True, readonly=True)
    payload = fields.Json(string="As Sent", required=True, readonly=True)
    payload_text = fields.Text(string="As Sent (Text)", compute="_compute_payload_text")
    repaired_payload = fields.Json(string="Repaired", readonly=True)
    fingerprint = fields.Char(required=True, readonly=True, export_string_translation=False)
    transaction_uuid = fields.Char(string="Transaction Number", readonly=True, index=True)
    reason_code = fields.Selection(
        [
            ("wrong_beneficiary", "Wrong Beneficiary"),
            ("wrong_program", "Wrong Program"),
            ("not_redeemable", "Not Redeemable"),
            ("outside_validity", "Outside Its Validity"),
            ("not_positive", "Zero or Negative"),
            ("other_currency", "Other Currency"),
            ("above_balance", "Above the Balance"),
            ("void_above_purchase", "Void Above Its Purchase"),
            ("late", "After the End of the Cycle"),
            ("unreadable", "Unreadable"),
            ("other", "Other"),
        ],
        string="Kind of Reason",
        required=True,
        readonly=True,
    )
    reason = fields.Text(required=True, readonly=True)
    entitlement_id = fields.Many2one("spp.entitlement", readonly=True, index="btree_not_null", ondelete="restrict")
    inkind_entitlement_id = fields.Many2one(
        "spp.entitlement.inkind",
        string="In-Kind Entitlement",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    partner_id = fields.Many2one("res.partner", string="Beneficiary", readonly=True, index="btree_not_null")
    cycle_id = fields.Many2one("spp.cycle", readonly=True, index="btree_not_null", ondelete="restrict")
    program_id = fields.Many2one("spp.program", readonly=True, index="btree_not_null", ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    service_point_id = fields.Many2one("spp.service.point", readonly=True, index="btree_not_null", ondelete="restrict")
    device_id = fields.Many2one("spp.service.point.device", readonly=True, index="btree_not_null", ondelete="restrict")
    user_id = fields.Many2one(
        "res.users", string="Sent By", required=True, readonly=True, index=True, ondelete="restrict"
    )
    received_at = fields.Datetime(string="First Received", required=True, readonly=True)
    last_received_at = fields.Datetime(string="Last Received", required=True, readonly=True)
    times_received = fields.Integer(required=True, readonly=True, default=1)
    source = fields.Selection(
        [("service_point", "Service Point"), ("import", "Import"), ("form", "Form")], required=True, readonly=True
    )
    state = fields.Selection(
        [("open", "To Review"), ("booked", "Booked"), ("dismissed", "Dismissed")],
        required=True,
        readonly=True,
        default="open",
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, ondelete="restrict")
    decided_at = fields.Datetime(string="Decided On", readonly=True)
    decision_note = fields.Char(string="Note", readonly=True)
    transaction_id = fields.Many2one(
        "spp.entitlement.transactions", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    inkind_transaction_id = fields.Many2one(
        "spp.inkind.entitlement.transactions",
        string="In-Kind Transaction",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    # The item as it would be tried next, one value per field; writing one of them repairs a copy of what was sent.
    item_uuid = fields.Char("Number", compute="_compute_item", readonly=False)
    item_type = fields.Char("PURCHASE or VOID", compute="_compute_item", readonly=False)
    item_entitlement_id = fields.Char("Entitlement Number", compute="_compute_item", readonly=False)
    item_entitlement_code = fields.Char("Entitlement Code", compute="_compute_item", readonly=False)
    item_partner_id = fields.Char("Beneficiary Number", compute="_compute_item", readonly=False)
    item_value = fields.Char("Amount or Quantity", compute="_compute_item", readonly=False)
    item_currency = fields.Char("Currency of the Item", compute="_compute_item", readonly=False)
    item_time = fields.Char("Time", compute="_compute_item", readonly=False)
    item_purchase_uuid = fields.Char("Number of the Purchase", compute="_compute_item", readonly=False)

    _fingerprint_unique = models.Constraint("UNIQUE (fingerprint)", "This refused transaction is in the list already.")
    _open_idx = models.Index("(reason_code, cycle_id) WHERE state = 'open'")
    _decided = models.Constraint(
        "CHECK (state != 'booked' OR num_nonnulls(transaction_id, inkind_transaction_id) = 1)",
        "A booked transaction points at its row.",
    )

    @api.depends("payload")
    def _compute_payload_text(self):
        for review in self:
            review.payload_text = json.dumps(review.payload, indent=2, ensure_ascii=False)

    @api.depends("payload", "repaired_payload", "kind")
    def _compute_item(self):
        for review in self:
            item = review._current_item()
            for field_name, name in _REPAIRABLE.items():
                value = item.get(name or review._measure())
                review[field_name] = str(value) if value not in (None, False) else False

    def _repair(self, vals):
        """Change values in a copy of what was sent.

        :param dict vals: text per field of `_REPAIRABLE`; what reads the same as before stays as it was sent
        """
        for review in self:
            item = dict(review._current_item())
            for field_name, text in vals.items():
                name = _REPAIRABLE[field_name] or review._measure()
                text = (text or "").strip()
                if text != (review[field_name] or ""):
                    is_number = name in _NUMBERS and text.isascii() and text.isdigit()
                    item[name] = int(text) if is_number else text or False
            if item != review._current_item():
                item.pop("unreadable", None)
                # sudo: the repaired item is written by its single values only
                review.sudo().repaired_payload = item

    def _measure(self):
        return self.env[KINDS[self.kind][0]]._redemption_measure

    def _current_item(self):
        """The item as it would be tried next (dict): the repaired copy, without one what was sent."""
        return self.repaired_payload or self.payload

    def _entitlement(self):
        return self[KINDS[self.kind][1]]

    # --- what was sent stays

    @api.model
    def _guarded_message(self, name):
        if self._guarded_fields()[name] == "system":
            return self.env._("Only the values of the transaction can be repaired here.")
        return super()._guarded_message(name)

    def write(self, vals):
        """Take repairs of open rows from program managers; everything else is written by the actions only."""
        if self and not {"payload", "fingerprint", "kind"}.isdisjoint(vals):
            raise UserError(self.env._("What was sent is never changed. Repair the copy of it."))
        if not self.env.su:
            self._check_may_decide()
            self._check_open()
        self._repair({name: value for name, value in vals.items() if name in _REPAIRABLE})
        return super().write({name: value for name, value in vals.items() if name not in _REPAIRABLE})

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A refused transaction is never deleted. Dismiss it with a reason instead."))

    # --- deciding

    def _check_may_decide(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(
                self.env._("You are not allowed to decide on refused transactions. Ask a program manager.")
            )

    def _check_open(self):
        if decided := self.filtered(lambda review: review.state != "open"):
            raise UserError(
                self.env._("%s has been decided on already. Reload the list.", decided[0].display_name or decided[0].id)
            )

    def _lock(self):
        """Let nobody else decide on these rows until this database transaction is over."""
        self.check_access("read")
        self.env.cr.execute(
            SQL("SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR UPDATE", SQL.identifier(self._table), self.ids),
            log_exceptions=False,
        )
        self.invalidate_recordset(["state"])

    def action_try_again(self):
        """Try to book the open rows among these once more, with their repaired values where there are some.

        :return: client action that tells how many are booked now; the others keep their new reason
        :raise AccessError: the user is no program manager
        """
        self._check_may_decide()
        self._lock()
        open_rows = self.filtered(lambda review: review.state == "open")
        failed = {}
        for kind, (model, _entitlement, _row) in KINDS.items():
            rows = open_rows.filtered(lambda review, kind=kind: review.kind == kind)
            bookable = self.env[model]._bookable_domain()
            # sudo: transactions are nobody's to create; on which entitlements the user may book goes along
            failed.update(rows.sudo()._book_open(bookable))
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Transactions to Review"),
                "message": self.env._(
                    "%(booked)s booked, %(failed)s still refused.",
                    booked=len(open_rows) - len(failed),
                    failed=len(failed),
                ),
                "type": "warning" if failed else "success",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_dismiss(self, reason=None):
        """Decide that the open rows among these are not booked.

        :param str reason: why; without one a dialog asks for it
        :return: nothing, or the action of the dialog
        :raise AccessError: the user is no program manager
        :raise UserError: one of them has been decided on already
        """
        self._check_may_decide()
        if not reason or not isinstance(reason, str) or not reason.strip():
            return {
                "type": "ir.actions.act_window",
                "name": self.env._("Dismiss"),
                "res_model": "spp.entitlement.transaction.dismiss",
                "view_mode": "form",
                "target": "new",
                "context": {"default_review_ids": self.ids},
            }
        self._lock()
        self._check_open()
        # sudo: the state is nobody's to write; who may dismiss was checked
        self.sudo().write({"state": "dismissed", "decision_note": reason.strip(), **self._decision()})
        return None

    def _decision(self):
        return {"decided_by_id": self.env.uid, "decided_at": database_now(self.env)}

    def _book_open(self, bookable, accept_late=False):
        """Book open rows of one kind; sudo. Those that are booked (or turn out to be) are decided, others stay open.

        :param bookable: domain of the entitlements on which may be booked
        :return: {review: reason (str)} of those that cannot be booked
        """
        failed = {}
        if not self:
            return failed
        kind = self[0].kind
        entries = {review: BookingEntry(review._current_item(), review._booking_origin(), kind) for review in self}
        self.env[KINDS[kind][0]]._book(list(entries.values()), bookable, accept_late, keep=False)
        for review, entry in entries.items():
            if entry.is_refused:
                failed[review] = entry.reason
                review.write(
                    {"reason_code": entry.reason_code, "reason": entry.reason, **self._prepare_links(entry, kind)}
                )
            else:
                review._mark_booked(entry, kind)
        return failed

    def _booking_origin(self):
        """Origin of the item as it was, see `_booking_origin` of the transaction mixin."""
        return {
            "source": self.source,
            "user_id": self.user_id.id,
            "company_id": self.company_id.id,
            "device_id": self.device_id.id,
            "service_point_id": self.device_id.service_point_id.id,
            "service_point_device_id": self.device_id.code,
            "time_received": self.received_at,
        }

    def _mark_booked(self, entry, kind):
        self.write(
            {
                "state": "booked",
                KINDS[kind][2]: entry.booked["id"],
                **self._prepare_links(entry, kind),
                **self._decision(),
            }
        )

    @api.model
    def _prepare_links(self, entry, kind):
        """What an item is about, as far as it is known."""
        entitlement = entry.entitlement
        if not entitlement:
            return {}
        cycle = entitlement.cycle_id
        return {
            KINDS[kind][1]: entitlement.id,
            "partner_id": entitlement.partner_id.id,
            "cycle_id": cycle.id,
            "program_id": cycle.program_id.id,
            "company_id": cycle.program_id.company_id.id or entry.origin["company_id"],
        }
