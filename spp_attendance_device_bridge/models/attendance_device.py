# Part of the SPP attendance suite. LGPL-3.
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, split_every

from odoo.addons.base.models.res_partner import _tz_get

# strangers can post any serial number; more unknown ones than this are refused without a record
MAX_PENDING_DEVICES = 100
# a terminal that polls every few seconds and is not heard for so long was offline
OFFLINE_AFTER = timedelta(minutes=10)
# last_seen is good to this many seconds, so that busy terminals do not rewrite their row with every request
LAST_SEEN_STEP = 10
FUTURE_TOLERANCE = timedelta(minutes=5)
INSERT_CHUNK = 5000


class AttendanceDevice(models.Model):
    """A terminal that posts scans. A new serial number waits for approval; until then its posts are refused."""

    _name = "spp.attendance.device"
    _description = "Attendance Terminal"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    serial = fields.Char("Serial Number", required=True, index=True, tracking=True)
    dialect = fields.Selection([("zkteco_push", "ZKTeco attendance PUSH")], required=True, default="zkteco_push")
    state = fields.Selection(
        [("pending", "Waiting for Approval"), ("active", "Active"), ("blocked", "Blocked")],
        required=True,
        default="pending",
        tracking=True,
        copy=False,
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    tz = fields.Selection(
        _tz_get,
        "Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or self.env.user.tz or "UTC",
        tracking=True,
        help="Terminals send bare wall-clock times; this zone turns them into moments.",
    )
    zone_format = fields.Selection(
        [("hours", "Whole hours"), ("minutes", "Minutes"), ("omit", "Do not send")],
        "Zone Sent to the Terminal",
        required=True,
        default="omit",
        help="Firmwares expect their time zone in different units; the wrong one moves the terminal's clock.",
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
    last_seen = fields.Datetime(readonly=True, copy=False)
    online_since = fields.Datetime(readonly=True, copy=False, help="Since when the terminal is heard without a gap.")
    settle_minutes = fields.Integer(
        "Wait for Late Scans (Minutes)",
        required=True,
        default=15,
        help="After an outage a terminal sends what it has kept, in batches. Registers are submitted without a person "
        "only when it has been online, and no older scan has come in, for so long.",
    )
    attlog_stamp = fields.Char("Last Position", readonly=True, copy=False)
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

    # ------------------------------------------------------------------ actions

    def action_approve(self):
        """Accept scans of these terminals from now on."""
        self.write({"state": "active"})

    def action_block(self):
        """Refuse everything these terminals send; what they sent before stays."""
        self.write({"state": "blocked"})

    def action_view_scans(self):
        """Open the scans of this terminal.

        :return: window action (dict).
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("spp_attendance_device_bridge.action_attendance_scan")
        return {**action, "domain": [("device_id", "=", self.id)]}

    # ------------------------------------------------------------------ what the controller calls

    @api.model
    def _identify(self, serial):
        """The terminal with this serial number; an unknown one is noted once as waiting for approval.

        :param str serial: as sent, already checked for its form
        :return: a device record; empty when too many unknown terminals wait already, or it is being noted right now
        """
        device = self.search([("serial", "=", serial)])
        if device or self.search_count([("state", "=", "pending")]) >= MAX_PENDING_DEVICES:
            return device
        try:
            with self.env.cr.savepoint():
                return self.create({"name": serial, "serial": serial})
        except UniqueViolation:
            return self.browse()  # two first contacts at once: the other one has noted it

    def _touch(self, attlog_stamp=None):
        """Note that the terminal is alive, and the position up to which it has sent."""
        now = fields.Datetime.now()
        if attlog_stamp and attlog_stamp != self.attlog_stamp:
            self.attlog_stamp = attlog_stamp[:64]
        if not self.last_seen or now - self.last_seen >= OFFLINE_AFTER:
            self.online_since = now
        if not self.last_seen or (now - self.last_seen).total_seconds() >= LAST_SEEN_STEP:
            self.last_seen = now

    def _ingest(self, punches):
        """Store punches as scans; what is stored already stays as it is.

        Rows go in sorted by key, so that two posts of the same punches in different order wait for each other
        instead of locking each other out.

        :param punches: list of `dialects.zkteco_push.Punch`
        :return: number of new scans
        """
        self.ensure_one()
        common = self._prepare_scan_values()
        rows = {punch.key: self._prepare_scan_row(punch, common) for punch in punches}
        new = 0
        for keys in split_every(INSERT_CHUNK, sorted(rows)):
            new += self._insert_scans([rows[key] for key in keys])
        if new:
            self.env.ref("spp_attendance_device_bridge.ir_cron_match_scans").sudo()._trigger()
        return new

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
    def _prepare_scan_row(self, punch, common):
        """The database row of one punch: what the terminal said, plus when and how it was understood.

        :param punch: `dialects.zkteco_push.Punch`
        :param dict common: `_prepare_scan_values`
        """
        reason, scan_time = punch.reason or None, None
        if punch.wall_time:
            scan_time = punch.wall_time.replace(tzinfo=ZoneInfo(common["tz"])).astimezone(UTC).replace(tzinfo=None)
            if scan_time > common["received_at"] + FUTURE_TOLERANCE:
                reason = "future"
        readable = not punch.reason
        return {
            **common,
            "event_key": punch.key,
            "raw_line": punch.raw,
            "credential": punch.pin or None,
            "time_text": punch.time_text or None,
            "scan_time": scan_time,
            "scan_date": punch.wall_time.date() if punch.wall_time else None,
            "direction": punch.state if readable else None,
            "verification": punch.verify if readable else None,
            "work_code": punch.work_code or None,
            "state": "review" if reason else "new",
            "reason": reason,
        }
