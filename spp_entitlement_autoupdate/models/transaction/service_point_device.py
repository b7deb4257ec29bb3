# Part of the SPP attendance suite. LGPL-3.
import hashlib
import secrets
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .booking_entry import BookingEntry
from .entitlement_transaction_review import KINDS

# last_seen_at is good to this much, so that busy devices do not rewrite their row with every request
LAST_SEEN_STEP = timedelta(minutes=1)


class SppServicePointDevice(models.Model):
    """A device of a service point that sends transactions with a token of its own."""

    _name = "spp.service.point.device"
    _description = "Service Point Device"
    _inherit = ["mail.thread"]
    _order = "name, id"

    # Written by the actions and the controller only, with the value of a new device.
    _DECIDED_BY_ACTION = {"state": "pending", "token_issued_at": False, "last_seen_at": False}

    name = fields.Char(required=True, tracking=True)
    code = fields.Char(
        required=True, tracking=True, copy=False, help="Short name of the device, kept with each of its transactions."
    )
    service_point_id = fields.Many2one(
        "spp.service.point", required=True, index=True, ondelete="restrict", tracking=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        help="The device books on entitlements of this company.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.user,
        tracking=True,
        help="Transactions of the device are booked in the name of this user.",
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("pending", "Waiting for Approval"), ("approved", "Approved"), ("blocked", "Blocked")],
        required=True,
        readonly=True,
        default="pending",
        tracking=True,
        copy=False,
    )
    token_hash = fields.Char(groups=fields.NO_ACCESS, copy=False, export_string_translation=False)
    token_issued_at = fields.Datetime(string="Token Issued On", readonly=True, copy=False)
    last_seen_at = fields.Datetime(string="Last Seen", readonly=True, copy=False)
    transaction_count = fields.Integer(compute="_compute_transaction_count")

    _code_unique = models.Constraint("UNIQUE (code)", "A device with this code exists already.")
    _token_unique = models.UniqueIndex("(token_hash) WHERE token_hash IS NOT NULL")

    def _compute_transaction_count(self):
        counts = dict.fromkeys(self.ids, 0)
        for model, _entitlement, _row in KINDS.values():
            for device, count in self.env[model]._read_group(
                [("device_id", "in", self.ids)], ["device_id"], ["__count"]
            ):
                counts[device.id] += count
        for device in self:
            device.transaction_count = counts.get(device._origin.id, 0)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                self._check_decided_by_action(vals)
            # no default of the caller's context fills them
            self = self.with_context(**{f"default_{name}": value for name, value in self._DECIDED_BY_ACTION.items()})
        return super().create(vals_list)

    def write(self, vals):
        self._check_decided_by_action(vals)
        return super().write(vals)

    @api.model
    def _check_decided_by_action(self, vals):
        """The state comes from the actions only, whatever a client sends; the token is out of its reach anyhow."""
        if not self.env.su and not self._DECIDED_BY_ACTION.keys().isdisjoint(vals):
            raise UserError(self.env._("Use the buttons of the device to approve it, block it or issue a token."))

    # -- actions of program managers

    def _check_may_decide(self):
        if not (self.env.su or self.env.user.has_group("spp_programs.group_programs_manager")):
            raise AccessError(self.env._("You are not allowed to decide on devices. Ask a program manager."))
        self.check_access("write")

    def action_approve(self):
        """Accept transactions of these devices from now on.

        :raises AccessError: the user is no program manager
        """
        self._check_may_decide()
        self.sudo().write({"state": "approved"})

    def action_block(self):
        """Refuse everything these devices send; what they sent before stays.

        :raises AccessError: the user is no program manager
        """
        self._check_may_decide()
        self.sudo().write({"state": "blocked"})

    def action_issue_token(self):
        """Give the device a new token and show it once; the one before is void from now on.

        :return: action of a dialog with the token, which is stored nowhere
        :raises AccessError: the user is no program manager
        """
        self.ensure_one()
        self._check_may_decide()
        token = secrets.token_urlsafe(32)
        self.sudo().write({"token_hash": self._hash(token), "token_issued_at": fields.Datetime.now()})
        self._message_log(body=self.env._("A new token has been issued."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Token of %s", self.display_name),
            "res_model": "spp.service.point.device.token",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_token": token},
        }

    # -- what the controller calls

    @api.model
    def _hash(self, token):
        # 256 random bits need no salt and no slow hash: there is nothing to guess
        return hashlib.sha256(token.encode()).hexdigest()

    @api.model
    def _identify(self, token):
        """The device (sudo) with this token; empty when there is none."""
        return self.sudo().search([("token_hash", "=", self._hash(token))], limit=1)

    def _touch(self):
        """Note that the device is alive."""
        now = fields.Datetime.now()
        if not self.last_seen_at or now - self.last_seen_at >= LAST_SEEN_STEP:
            self.last_seen_at = now

    def _book(self, items):
        """Book what the device has sent, cash and in-kind in one batch; see `book` of the transaction models.

        :param list items: as for `book`; `kind` is "cash" (the default) or "inkind"
        :return: one result (dict) per item in the same order
        """
        self.ensure_one()
        env = self.with_user(self.responsible_id).sudo().env
        entries = []
        for item in items:
            kind = item.get("kind") if isinstance(item, dict) else None
            kind = kind if kind in tuple(KINDS) else "cash"
            origin = env[KINDS[kind][0]]._booking_origin("service_point", self)
            entries.append((kind, BookingEntry(item, origin, kind)))
        bookable = Domain("cycle_id.program_id.company_id", "in", [False, self.company_id.id])
        for kind, (model, _entitlement, _row) in KINDS.items():
            if batch := [entry for entry_kind, entry in entries if entry_kind == kind]:
                env[model]._book(batch, bookable)
        return [entry.result() for _kind, entry in entries]


class SppServicePointDeviceToken(models.AbstractModel):
    """The dialog that shows a token once. It has no table, so the token is never stored."""

    _name = "spp.service.point.device.token"
    _description = "Token of a Service Point Device"

    # needed for the onchange that fills in the token
    id = fields.Id()
    token = fields.Char(readonly=True)
