# Part of the SPP attendance suite. LGPL-3.
"""Terminals: which rosters and identifiers they stand for, and how what they send gets into the inbox."""

from datetime import UTC, timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from odoo.addons.base.models.res_partner import _tz_get
from odoo.addons.spp_device.models.device_mixin import Refusal
from odoo.addons.spp_integrity import as_system, database_now, local_day, wall_to_utc

from ..protocols import Protocol

# strangers can post any serial number; more unknown ones than this are refused without a record
MAX_PENDING_DEVICES = 100
# a terminal that polls every few seconds and is not heard for so long was offline
OFFLINE_AFTER = timedelta(minutes=10)
# what lies further ahead is not believed; what lies further back was kept during an outage
FUTURE_TOLERANCE = timedelta(minutes=5)
INSERT_CHUNK = 5000


class AttendanceDevice(models.Model):
    """A terminal that posts scans. A new serial number waits for approval; until then its posts are refused."""

    _name = "spp.attendance.device"
    _description = "Attendance Terminal"
    _inherit = ["spp.device.mixin"]
    _order = "name, id"
    _check_company_auto = True
    _company_path = "company_id"
    _company_shared = False
    _device_group = "spp_session_tracking.group_session_manager"
    _system_fields = ("online_since",)
    # read by the query that finds the terminal: it asks every few seconds, and posts a backlog as fast as it can
    _USED_PER_REQUEST = (
        *("state", "active", "allowed_networks", "protocol", "serial", "tz", "company_id"),
        *("last_seen", "online_since", "clock_offset", "clock_read_at", "last_error", "last_error_at"),
    )

    serial = fields.Char("Serial Number", required=True, index=True, tracking=True)
    protocol = fields.Selection(
        lambda self: Protocol.selection(self.env), required=True, default="zkteco_push", help="How the terminal talks."
    )
    tz = fields.Selection(
        _tz_get,
        "Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or self.env.user.tz or "UTC",
        tracking=True,
        help="Terminals send bare wall-clock times; this zone turns them into moments.",
    )
    id_type_id = fields.Many2one(
        "spp.vocabulary.code",
        "Identifier Type",
        required=True,
        ondelete="restrict",
        domain=[("namespace_uri", "=", "urn:openspp:vocab:id-type")],
        default=lambda self: self.env.ref("spp_attendance_device_bridge.id_type_terminal_pin", False),
        help="Which identifier of a registrant the number on this terminal is.",
    )
    roster_ids = fields.Many2many(
        "spp.session.roster",
        "spp_attendance_device_roster_rel",
        "device_id",
        "roster_id",
        "Rosters",
        check_company=True,
        help="Scans of this terminal count for the sessions of these rosters.",
    )
    online_since = fields.Datetime(readonly=True, copy=False, help="Since when the terminal is heard without a gap.")
    settle_minutes = fields.Integer(
        "Wait for Late Scans (Minutes)",
        required=True,
        default=15,
        help="After an outage a terminal sends what it has kept, in batches. Registers are submitted without a person "
        "only when it has been online, and no older scan has come in, for so long.",
    )
    scan_ids = fields.One2many("spp.attendance.scan", "device_id", "Scans")
    scan_count = fields.Integer("Scans Received", compute="_compute_scan_counts")
    review_count = fields.Integer("Scans for Review", compute="_compute_scan_counts")

    _settle_not_negative = models.Constraint("CHECK (settle_minutes >= 0)", "Waiting minutes cannot be negative.")
    _serial_unique = models.Constraint("UNIQUE (serial)", "A terminal with this serial number exists already.")

    def _compute_scan_counts(self):
        counts = {}
        for device, state, count in self.env["spp.attendance.scan"]._read_group(
            [("device_id", "in", self.ids)], ["device_id", "state"], ["__count"]
        ):
            counts.setdefault(device.id, {})[state] = count
        for device in self:
            by_state = counts.get(device._origin.id, {})
            device.scan_count = sum(by_state.values())
            device.review_count = by_state.get("review", 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_scans(self):
        used = self.filtered("scan_count")
        if used:
            raise UserError(
                self.env._("%s has sent scans, which are evidence: block the terminal instead.", used[0].display_name)
            )

    def _with_data(self):
        """Terminals whose scans are kept."""
        scans_sudo = self.env["spp.attendance.scan"].sudo()  # sudo: scans of all areas bind the terminal
        sent = scans_sudo._read_group([("device_id", "in", self.ids)], ["device_id"])
        return super()._with_data() | self.browse(device.id for (device,) in sent)

    # --- options of the protocol

    @api.model_create_multi
    def create(self, vals_list):
        devices = super().create(vals_list)
        devices._ensure_protocol_options()
        return devices

    def write(self, vals):
        result = super().write(vals)
        if "protocol" in vals:
            self._ensure_protocol_options()
        return result

    def _ensure_protocol_options(self):
        for code, devices in self.grouped("protocol").items():
            if model := Protocol.of(code).options_model:
                options = as_system(self.env[model])
                known = options.search([("device_id", "in", devices.ids)]).device_id
                options.create([{"device_id": device.id} for device in devices - known])

    def _protocol_options(self):
        """What only the protocol of this terminal knows about it.

        :return: record of the protocol's `options_model`
        """
        self.ensure_one()
        options = self.env[Protocol.of(self.protocol).options_model]
        # all at once: a terminal that posts a backlog asks for them with each batch
        names = [name for name, field in options._fields.items() if field.store and field.prefetch is True]
        return options.search_fetch([("device_id", "=", self.id)], names)

    # --- actions

    def action_view_scans(self):
        """Open the scans of this terminal.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_device_bridge.action_attendance_scan")
        return {**action, "domain": [("device_id", "=", self.id)]}

    # --- what protocols call

    @api.model
    def _admit(self, protocol, serial, address):
        """Who talks, and whether it is listened to. An unknown terminal is noted once as waiting for approval.

        :param str protocol: code of the protocol it speaks
        :param str serial: as sent, already checked for its form
        :param str address: where the request came from
        :return: the terminal (sudo), and None or the `Refusal`
        """
        # sudo: whoever calls is no user; archived ones are known too
        devices_sudo = self.sudo().with_context(active_test=False)
        device = devices_sudo.search_fetch([("serial", "=", serial)], self._USED_PER_REQUEST)
        refusal = device._refusal(address)
        if refusal is Refusal.UNKNOWN:
            device = devices_sudo._note_stranger(protocol, serial)
        elif not refusal and device.protocol != protocol:
            refusal = Refusal.BLOCKED
            device._note_error(self.env._("It speaks another protocol than the one set here."))
        return device.with_context(active_test=True), refusal

    @api.model
    def _note_stranger(self, protocol, serial):
        """A new terminal that waits for approval; none when too many wait already, or it is being noted right now."""
        if self.search_count([("state", "=", "pending")], limit=MAX_PENDING_DEVICES) >= MAX_PENDING_DEVICES:
            return self.browse()
        try:
            with self.env.cr.savepoint():
                heard = self._prepare_refused_values(
                    database_now(self.env), self.env._("It asked while it waited for approval.")
                )
                return self.create({"name": serial, "serial": serial, "protocol": protocol, **heard})
        except UniqueViolation:
            return self.browse()  # two first contacts at once: the other one has noted it

    def _prepare_heard_values(self, now):
        values = super()._prepare_heard_values(now)
        if not self.last_seen or not timedelta() <= now - self.last_seen < OFFLINE_AFTER:
            values["online_since"] = now
        return values

    @api.model
    def _prepare_refused_values(self, now, text):
        # what it saw meanwhile comes in once it is approved: until then its silence makes nobody absent
        return {**super()._prepare_refused_values(now, text), "online_since": now}

    def _ingest(self, punches):
        """Store punches as scans; what is stored already stays as it is.

        Rows go in sorted by key, so that two posts of the same punches in different order wait for each other
        instead of locking each other out.

        :param punches: list of `protocols.Punch`, of any protocol
        :return: number of new scans
        """
        self.ensure_one()
        common = self._prepare_scan_values()
        rows = {punch.key: self._prepare_scan_row(punch, common) for punch in punches}
        self._compare_clock([row["scan_time"] for row in rows.values() if row["scan_time"]], common["received_at"])
        new = 0
        for keys in split_every(INSERT_CHUNK, sorted(rows)):
            new += self._insert_scans([rows[key] for key in keys])
        if new:
            # sudo: waking up what the system does anyway
            self.env.ref("spp_attendance_device_bridge.ir_cron_match_scans").sudo()._trigger()
        return new

    def _compare_clock(self, scan_times, received_at):
        """Learn from the latest scan how far the terminal's clock is ahead.

        One that was kept during an outage says nothing about the clock, so a clock that is behind is noticed only as far
        as scans of just now can be told from older ones.
        """
        latest = max(scan_times, default=None)
        if latest and latest > received_at - FUTURE_TOLERANCE:
            self._note_clock(latest)

    def _insert_scans(self, rows):
        columns = list(rows[0])
        inserted = self.env.execute_query(
            SQL(
                "INSERT INTO spp_attendance_scan (%s) VALUES %s ON CONFLICT (device_id, event_key) DO NOTHING RETURNING id",
                SQL(", ").join(SQL.identifier(column) for column in columns),
                SQL(", ").join(tuple(row.values()) for row in rows),
            )
        )
        self.invalidate_recordset(["scan_ids", "scan_count", "review_count"])
        return len(inserted)

    def _prepare_scan_values(self):
        """What all rows of a batch share."""
        now = self.env.cr.now()
        return {
            "device_id": self.id,
            "company_id": self.company_id.id,
            "tz": self.tz,
            "received_at": now,
            "create_uid": self.env.uid,
            "create_date": now,
            "write_uid": self.env.uid,
            "write_date": now,
        }

    @api.model
    def _moment_and_day(self, moment, zone):
        """The moment (UTC) and the local day of what a terminal sent: a moment of its own, or wall time in a zone."""
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
            return moment, local_day(moment, zone)
        return wall_to_utc(moment, zone), moment.date()

    @api.model
    def _prepare_scan_row(self, punch, common):
        """The database row of one punch: what the terminal said, plus when and how it was understood.

        :param punch: `protocols.Punch`
        :param dict common: `_prepare_scan_values`
        """
        reason, scan_time, scan_date = punch.problem or None, None, None
        if punch.moment:
            try:
                scan_time, scan_date = self._moment_and_day(punch.moment, common["tz"])
                if scan_time > common["received_at"] + FUTURE_TOLERANCE:
                    reason = "future"
            except OverflowError:  # at the very end of the calendar
                reason = "impossible_time"
        readable = not punch.problem
        return {
            **common,
            "event_key": punch.key,
            "raw_line": punch.raw,
            "credential": punch.identifier or None,
            "time_text": punch.time_text or None,
            "scan_time": scan_time,
            "scan_date": scan_date,
            "direction": punch.direction or None if readable else None,
            "verification": punch.verification or None if readable else None,
            "work_code": punch.work_code or None,
            "state": "review" if reason else "new",
            "reason": reason,
        }
