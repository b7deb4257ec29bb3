# Part of the SPP attendance suite. LGPL-3.
"""Devices of service points: who they are, and how what they send is booked."""

from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from .booking_entry import BookingEntry
from .entitlement_transaction_review import KINDS


class ServicePointDevice(models.Model):
    """A device of a service point that sends transactions with a token of its own, or signs them."""

    _name = "spp.service.point.device"
    _description = "Service Point Device"
    _inherit = ["spp.device.secret.mixin"]
    _order = "name, id"
    _company_path = "company_id"
    _company_shared = False
    _area_path = "service_point_id.area_id"
    _area_open = ("('service_point_id.area_id', '=', False)",)
    _device_group = "spp_programs.group_programs_manager"
    _signer_field = "code"
    _last_seen_step = timedelta(minutes=1)

    code = fields.Char(
        required=True, tracking=True, copy=False, help="Short name of the device, kept with each of its transactions."
    )
    service_point_id = fields.Many2one(
        "spp.service.point", required=True, index=True, ondelete="restrict", tracking=True
    )
    company_id = fields.Many2one(
        help="The device books on entitlements of this company, for good once it was approved."
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
    transaction_count = fields.Integer(compute="_compute_transaction_count")

    _code_unique = models.Constraint("UNIQUE (code)", "A device with this code exists already.")

    def _compute_transaction_count(self):
        counts = dict.fromkeys(self.ids, 0)
        for model, _entitlement, _row in KINDS.values():
            for device, count in self.env[model]._read_group(
                [("device_id", "in", self.ids)], ["device_id"], ["__count"]
            ):
                counts[device.id] += count
        for device in self:
            device.transaction_count = counts.get(device._origin.id, 0)

    def _with_data(self):
        """Devices whose transactions are kept, booked or for review."""
        found = super()._with_data()
        for model in (*(kind[0] for kind in KINDS.values()), "spp.entitlement.transaction.review"):
            rows_sudo = self.env[model].sudo()  # sudo: transactions of all areas bind the device
            sent = rows_sudo._read_group([("device_id", "in", self.ids)], ["device_id"])
            found |= self.browse(device.id for (device,) in sent)
        return found

    def _book(self, items):
        """Book what the device has sent, cash and in-kind in one batch; see `book` of the transaction models.

        :param list items: as for `book`; `kind` is "cash" (the default) or "inkind"
        :return: one result (dict) per item in the same order
        """
        self.ensure_one()
        # sudo: transactions are nobody's to create; the device books for who answers for it
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
