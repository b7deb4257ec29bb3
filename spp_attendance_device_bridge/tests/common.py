# Part of the SPP attendance suite. LGPL-3.
"""An approved terminal with the roster it stands for, and steps that let it send scans and match them."""

from datetime import datetime

from odoo.fields import Command

from odoo.addons.spp_attendance_device_bridge.protocols.zkteco_push import parse_attlog
from odoo.addons.spp_integrity.tests.common import SuiteCase
from odoo.addons.spp_session_tracking.tests.common import SessionStepsMixin


class DeviceBridgeMixin(SessionStepsMixin):
    """One terminal in Jakarta, its roster with people 11 and 12, and a session on 2025-10-01 at 06:00."""

    @classmethod
    def set_up_bridge(cls):
        cls.pin_type = cls.env.ref("spp_attendance_device_bridge.id_type_terminal_pin")
        cls.facilitator = cls.make_user("facilitator", "spp_session_tracking.group_session_user")
        cls.manager = cls.make_user("session_manager", "spp_session_tracking.group_session_manager")
        cls.ana, cls.ben, cls.stranger = cls.env["res.partner"].create(
            [
                {
                    "name": name,
                    "is_registrant": True,
                    "reg_ids": [Command.create({"id_type_id": cls.pin_type.id, "value": pin})],
                }
                for name, pin in (("Ana", "11"), ("Ben", "12"), ("Not Here", "99"))
            ]
        )
        cls.policy = cls.env["spp.session.policy"].create(
            {
                "name": "Terminals",
                "grace_minutes": 5,
                "checkin_before_minutes": 90,
                "checkin_after_minutes": 360,
                "auto_submit": True,
            }
        )
        cls.roster = cls.make_roster(
            cls.ana + cls.ben,
            cls.env["spp.session.type"].create({"name": "Work Day"}),
            since="2025-09-01",
            name="Entrance",
            location=False,
            facilitator_id=cls.facilitator.id,
            policy_id=cls.policy.id,
        )
        cls.session = cls.roster.generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)
        cls.device = cls.env["spp.attendance.device"].create(
            {
                "name": "Entrance",
                "serial": "TERMINAL1",
                "tz": "Asia/Jakarta",
                "state": "active",
                "roster_ids": [Command.set(cls.roster.ids)],
                "last_seen": datetime(2025, 11, 1),
            }
        )

    def scan(self, *lines):
        """Post `"PIN time"` lines as the terminal would and return the new scans."""
        before = self.device.scan_ids
        body = "".join(f"{line.split(' ', 1)[0]}\t{line.split(' ', 1)[1]}\t0\t1\t\t0\t0\t\r\n" for line in lines)
        self.device._ingest(parse_attlog(body.encode()))
        self.device.invalidate_recordset()
        return self.device.scan_ids - before

    def match(self, *lines):
        scans = self.scan(*lines)
        scans._match()
        return scans

    def mark_of(self, person):
        return self.session.attendance_ids.filtered(lambda mark: mark.participant_id == person)


class DeviceBridgeCase(DeviceBridgeMixin, SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_bridge()
