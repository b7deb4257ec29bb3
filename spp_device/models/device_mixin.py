# Part of the SPP attendance suite. LGPL-3.
"""A device that has to be approved before it is listened to, and that is known to be alive when it was heard."""

from datetime import UTC, timedelta
from enum import Enum
from ipaddress import ip_address, ip_network

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from odoo.addons.spp_integrity import as_system, database_now

from ..limits import RequestRate

#: How many requests a minute one device may send to one worker process, unless the system parameter
#: `spp_device.requests_per_minute` says otherwise. A terminal that sends what it kept during an outage needs many.
REQUESTS_PER_MINUTE = 6000
# the clock of a device is noted again when it has moved so far, or after so long
CLOCK_STEP_SECONDS = 30
CLOCK_NOTED_EVERY = timedelta(hours=1)
ERROR_NOTED_EVERY = timedelta(minutes=1)
_INT4 = 2**31 - 1

_rate = RequestRate()


class Refusal(Enum):
    """Why a request of a device is not accepted; its dialect finds status and words."""

    UNKNOWN = "unknown"
    PENDING = "pending"
    BLOCKED = "blocked"
    NETWORK = "network"
    TOO_MANY = "too_many"


class DeviceMixin(models.AbstractModel):
    """What terminals, tablets of service points and kiosks share.

    A model that inherits it names the group that decides about its devices, and says what binds a device to its company.
    """

    _name = "spp.device.mixin"
    _description = "Device"
    _inherit = ["mail.thread", "spp.guarded.fields.mixin"]

    #: External id of the group whose members approve, block and retire these devices.
    _device_group = "base.group_system"
    #: `last_seen` is good to this much, so that a busy device does not write its row with every request.
    _last_seen_step = timedelta(seconds=10)
    _system_fields = (
        "state",
        "decided_by_id",
        "decided_at",
        "last_seen",
        "clock_offset",
        "clock_read_at",
        "last_error",
        "last_error_at",
    )

    name = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        tracking=True,
        help="Stays as it is once the device has been approved or has sent something.",
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [
            ("pending", "Waiting for Approval"),
            ("active", "Active"),
            ("blocked", "Blocked"),
            ("retired", "Retired"),
        ],
        required=True,
        readonly=True,
        default="pending",
        tracking=True,
        copy=False,
    )
    decided_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, help="Who approved, blocked or retired the device last."
    )
    decided_at = fields.Datetime("Decided On", readonly=True, copy=False)
    last_seen = fields.Datetime(
        readonly=True, copy=False, help="When the server heard the device last, by its own clock."
    )
    clock_offset = fields.Integer(
        "Clock Ahead By (Seconds)",
        readonly=True,
        copy=False,
        help="How far the device's clock is ahead of the server's; below zero it is behind.",
    )
    clock_read_at = fields.Datetime("Clock Compared On", readonly=True, copy=False)
    last_error = fields.Char(readonly=True, copy=False, help="What was wrong with a request of the device last.")
    last_error_at = fields.Datetime("Last Error On", readonly=True, copy=False)
    allowed_networks = fields.Char(
        tracking=True,
        help="Addresses or networks from which the device is accepted, separated by commas, such as 10.1.0.0/16. Empty: from "
        "anywhere.",
    )

    # --- constraints

    @api.constrains("allowed_networks")
    def _check_allowed_networks(self):
        for device in self.filtered("allowed_networks"):
            try:
                networks = device._networks()
            except ValueError as error:
                raise ValidationError(
                    self.env._("%s. Write networks such as 10.1.0.0/16, separated by commas.", str(error).capitalize())
                ) from None
            if not networks:
                raise ValidationError(self.env._("Write at least one network, or leave the field empty."))

    def _networks(self):
        texts = (text.strip() for text in self.allowed_networks.split(","))
        return [ip_network(text, strict=False) for text in texts if text]

    # --- company

    def write(self, vals):
        if "company_id" in vals:
            self._check_company_stays(vals["company_id"])
        return super().write(vals)

    def _check_company_stays(self, company_id):
        """What a device sends belongs to its company: it does not take its token or its past to another one."""
        others = self.filtered(lambda device: device.company_id.id != company_id)
        bound = others.filtered(lambda device: device.state != "pending" or device.decided_at) or others._with_data()
        if bound:
            raise UserError(
                self.env._(
                    "%s has been approved or has sent something, so it stays in its company: retire it and add a new device.",
                    bound[0].display_name,
                )
            )

    def _with_data(self):
        """Hook: those of these devices that have sent something that is kept."""
        return self.browse()

    # --- actions

    def _check_may_decide(self):
        """
        :raise AccessError: the user may not decide about these devices
        """
        if not (self.env.su or self.env.user.has_group(self._device_group)):
            group_sudo = self.env.ref(self._device_group).sudo()  # sudo: the name of a group, for the sentence
            raise AccessError(
                self.env._("You are not allowed to decide on devices. Ask somebody of the group %s.", group_sudo.name)
            )
        self.check_access("write")

    def action_approve(self):
        """Listen to these devices from now on.

        :raise AccessError: the user may not decide about these devices
        """
        self._decide("active", active=True)

    def action_block(self):
        """Refuse everything these devices send; what they sent before stays.

        :raise AccessError: the user may not decide about these devices
        """
        self._decide("blocked")

    def action_retire(self):
        """Take these devices out of use for good; what they sent before stays.

        :raise AccessError: the user may not decide about these devices
        """
        self._decide("retired", active=False)

    def _decide(self, state, **values):
        self._check_may_decide()
        decided = self.filtered(lambda device: device.state != state)
        now = database_now(self.env)
        as_system(decided).write({"state": state, "decided_by_id": self.env.uid, "decided_at": now, **values})
        if values:
            as_system(self - decided).write(values)

    # --- what controllers call, with a device in sudo

    def _refusal(self, address):
        """Why a request from an address is not accepted; for an empty recordset, that of an unknown device.

        :param str address: where the request came from
        :return: `Refusal`, or None when it is accepted
        """
        if not self:
            return Refusal.TOO_MANY if self.env["spp.device.attempt"]._is_refused(address) else Refusal.UNKNOWN
        self.ensure_one()
        parameters_sudo = self.env["ir.config_parameter"].sudo()  # sudo: a number that anybody may know
        limit = int(parameters_sudo.get_param("spp_device.requests_per_minute", REQUESTS_PER_MINUTE))
        if _rate.count((self.env.cr.dbname, self._name, self.id), limit):
            return Refusal.TOO_MANY
        if self.state == "pending":
            self._note_refused(self.env._("It asked while it waited for approval."))
            return Refusal.PENDING
        if self.state != "active" or not self.active:
            self._note_refused(self.env._("It asked although it is blocked or retired."))
            return Refusal.BLOCKED
        if not self._is_allowed_from(address):
            self._note_error(self.env._("It asked from an address outside of its allowed networks."))
            return Refusal.NETWORK
        return None

    def _is_allowed_from(self, address):
        if not self.allowed_networks:
            return True
        try:
            ip = ip_address(address or "")
        except ValueError:
            return False
        if ip.version == 6 and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self._networks())

    def _touch(self):
        """Note that the device is alive.

        The moment is the database's, so no clock of a device or of another server brings it into the future; and a moment
        that lies there, because the database's own clock was set back, is put right.
        """
        now = database_now(self.env)
        if not self.last_seen or not timedelta() <= now - self.last_seen < self._last_seen_step:
            self.write(self._prepare_heard_values(now))

    def _prepare_heard_values(self, now):
        """Hook: what is written when the device is heard.

        :param datetime now: naive UTC, by the database
        :return: dict
        """
        return {"last_seen": now}

    def _note_refused(self, text):
        """Note that a device that is not listened to is alive: whoever decides about it sees that it waits.

        :param str text: one sentence: what is wrong
        """
        now = database_now(self.env)
        if text != self.last_error or abs(now - self.last_error_at) >= ERROR_NOTED_EVERY:
            self.write(self._prepare_refused_values(now, text))

    @api.model
    def _prepare_refused_values(self, now, text):
        """Hook: what is written when a device is heard and not listened to.

        :param datetime now: naive UTC, by the database
        :param str text: one sentence: what is wrong
        :return: dict
        """
        return {"last_seen": now, "last_error": text, "last_error_at": now}

    def _note_clock(self, moment):
        """Compare the device's clock with the server's.

        :param datetime moment: what the device holds for now; without a zone it is UTC
        """
        now = database_now(self.env)
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
        offset = max(-_INT4, min(_INT4, round((moment - now).total_seconds())))
        if (
            not self.clock_read_at
            or abs(offset - self.clock_offset) >= CLOCK_STEP_SECONDS
            or abs(now - self.clock_read_at) >= CLOCK_NOTED_EVERY
        ):
            self.write({"clock_offset": offset, "clock_read_at": now})

    def _note_error(self, text):
        """Keep what was wrong with a request, for whoever looks after the device.

        :param str text: one sentence, with nothing of what the device sent
        """
        now = database_now(self.env)
        if text != self.last_error or abs(now - self.last_error_at) >= ERROR_NOTED_EVERY:
            self.write({"last_error": text, "last_error_at": now})
