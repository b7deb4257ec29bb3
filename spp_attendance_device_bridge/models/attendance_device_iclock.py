# Part of the SPP attendance suite. LGPL-3.
"""What only ZKTeco attendance PUSH knows about a terminal."""

from odoo import fields, models

_STAMP_LENGTH = 64


class AttendanceDeviceIclock(models.Model):
    """How far the terminal has sent its log, and how its firmware wants to hear its time zone."""

    _name = "spp.attendance.device.iclock"
    _description = "ZKTeco Options of a Terminal"
    _inherit = ["spp.guarded.fields.mixin"]
    _rec_name = "device_id"
    _company_path = "device_id.company_id"
    _company_shared = False
    _system_fields = ("device_id", "attlog_stamp")

    device_id = fields.Many2one("spp.attendance.device", "Terminal", required=True, readonly=True, ondelete="cascade")
    zone_format = fields.Selection(
        [("hours", "Whole hours"), ("minutes", "Minutes"), ("omit", "Do not send")],
        "Zone Sent to the Terminal",
        required=True,
        default="omit",
        help="Firmwares expect their time zone in different units; the wrong one moves the terminal's clock.",
    )
    attlog_stamp = fields.Char("Last Position", readonly=True, copy=False)

    _one_per_device = models.UniqueIndex("(device_id)", "This terminal has its options already.")

    def _note_position(self, stamp):
        """Keep the position up to which the terminal has sent its log.

        :param str stamp: as sent; may be empty. It is sent back among the options: anything but a number is left out.
        """
        stamp = (stamp or "").strip()
        is_number = stamp.isascii() and stamp.isdecimal() and len(stamp) <= _STAMP_LENGTH
        if is_number and stamp != self.attlog_stamp:
            self.attlog_stamp = stamp


class AttendanceDevice(models.Model):
    _inherit = "spp.attendance.device"

    iclock_ids = fields.One2many("spp.attendance.device.iclock", "device_id", "ZKTeco")
