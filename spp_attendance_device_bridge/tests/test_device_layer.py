# Part of the SPP attendance suite. LGPL-3.
"""Who decides about terminals, what nobody writes, and what the server learns by hearing them."""

from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.spp_device.limits import RequestRate
from odoo.addons.spp_device.models import device_mixin
from odoo.addons.spp_device.models.device_mixin import Refusal

from .common import DeviceBridgeCase

ADDRESS = "192.0.2.7"


@tagged("post_install", "-at_install")
class TestDeviceLayer(DeviceBridgeCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls.make_user("employee")
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.manager.company_ids += cls.elsewhere

    def setUp(self):
        super().setUp()
        # what other tests sent does not count
        self.startPatcher(patch.object(device_mixin, "_rate", RequestRate()))

    def new_device(self, serial="NEW1", **values):
        return self.env["spp.attendance.device"].create({"name": serial, "serial": serial, **values})

    # --- decisions

    def test_the_session_manager_decides_and_it_is_kept_who_did_and_when(self):
        device = self.new_device()
        self.assertFalse(device.decided_by_id)
        for action, state, active in (
            ("action_approve", "active", True),
            ("action_block", "blocked", True),
            ("action_retire", "retired", False),
            ("action_approve", "active", True),
        ):
            self.rpc(self.manager, device, action)
            self.assertEqual((device.state, device.active), (state, active))
            self.assertEqual((device.decided_by_id, device.decided_at), (self.manager, self.now()))

    def test_the_same_decision_twice_changes_nothing(self):
        device = self.new_device()
        device.action_approve()
        self.rpc(self.manager, device, "action_approve")
        self.assertEqual(device.decided_by_id, self.env.user)

    def test_nobody_else_decides(self):
        device = self.new_device()
        for user in (self.facilitator, self.employee):
            for action in ("action_approve", "action_block", "action_retire"):
                with self.subTest(user=user.login, action=action), self.assertRaises(AccessError):
                    self.rpc(user, device, action)
        self.assertEqual(device.state, "pending")

    def test_a_manager_of_another_company_does_not_decide(self):
        device = self.new_device(company_id=self.elsewhere.id)
        outsider = self.make_user("outsider", "spp_session_tracking.group_session_manager")
        with self.assertRaises(AccessError):
            self.rpc(outsider, device, "action_approve")

    # --- what nobody writes

    def test_nobody_writes_what_the_server_knows(self):
        values = {
            "state": "active",
            "decided_by_id": self.manager.id,
            "decided_at": datetime(2026, 1, 1),
            "last_seen": datetime(2026, 1, 1),
            "online_since": datetime(2026, 1, 1),
            "clock_offset": 7,
            "clock_read_at": datetime(2026, 1, 1),
            "last_error": "nothing",
            "last_error_at": datetime(2026, 1, 1),
        }
        device, devices = self.new_device(), self.env["spp.attendance.device"]
        before = device.read(list(values))
        admin = self.make_user("all_powers", "base.group_system", "spp_session_tracking.group_session_manager")
        for user in (self.manager, admin):
            for name, value in values.items():
                with self.subTest(user=user.login, field=name):
                    with self.assertRaises(AccessError):
                        self.rpc(user, device, "write", {name: value})
                    with self.assertRaises(AccessError):
                        self.rpc(user, devices, "create", [{"name": "X", "serial": "X", name: value}])
                    with self.assertRaises(AccessError):
                        self.rpc(
                            user, devices, "create", [{"name": "X", "serial": "X"}], context={f"default_{name}": value}
                        )
            copied = self.rpc(user, self.device, "copy", {"serial": f"COPY-{user.login}"})
            self.assertEqual(devices.browse(copied).state, "pending")
            self.assertFalse(devices.browse(copied).last_seen)
        self.assertEqual(device.read(list(values)), before)
        with self.assertRaises(AccessError):
            self.rpc(self.manager, device.iclock_ids, "write", {"attlog_stamp": "1"})

    def test_the_manager_sets_the_zone_that_the_terminal_hears(self):
        self.rpc(
            self.manager,
            self.device,
            "write",
            {"iclock_ids": [[1, self.device.iclock_ids.id, {"zone_format": "hours"}]]},
        )
        self.assertEqual(self.device.iclock_ids.zone_format, "hours")
        for user, error in ((self.facilitator, AccessError), (self.employee, AccessError)):
            with self.assertRaises(error):
                self.rpc(user, self.device.iclock_ids, "write", {"zone_format": "minutes"})
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.device.iclock_ids, "unlink")

    # --- company

    def test_a_terminal_that_nobody_approved_may_change_its_company(self):
        device = self.new_device()
        self.rpc(self.manager, device, "write", {"company_id": self.elsewhere.id})
        self.assertEqual(device.company_id, self.elsewhere)

    def test_nobody_moves_a_terminal_once_it_was_approved_or_has_scans(self):
        approved, blocked, sent = self.new_device("A"), self.new_device("B"), self.new_device("C")
        (approved + blocked).action_approve()
        blocked.action_block()
        sent._ingest([])
        self.device = sent
        self.scan("11 2025-10-01 06:00:00")
        self.assertEqual(sent.state, "pending")
        for device in (approved, blocked, sent):
            own = device.company_id
            with self.subTest(device.name), self.assertRaisesRegex(UserError, "stays in its company"):
                self.rpc(self.manager, device, "write", {"company_id": self.elsewhere.id})
            with self.subTest(device.name), self.assertRaisesRegex(UserError, "stays in its company"):
                device.company_id = self.elsewhere
            device.invalidate_recordset()
            self.rpc(self.manager, device, "write", {"company_id": own.id, "name": "Same company"})
            self.assertEqual(device.name, "Same company")

    # --- being heard

    def now(self):
        return self.env.cr.now().replace(microsecond=0)

    def test_it_is_heard_at_the_databases_time_and_not_written_each_time(self):
        device = self.new_device()
        device._touch()
        self.assertEqual((device.last_seen, device.online_since), (self.now(), self.now()))
        device.flush_recordset()
        with self.assertQueryCount(0):
            device._touch()
            device.flush_recordset()
        device.last_seen = self.now() - timedelta(seconds=9)
        device._touch()
        self.assertEqual(device.last_seen, self.now() - timedelta(seconds=9))
        device.last_seen = self.now() - timedelta(seconds=10)
        device._touch()
        self.assertEqual(device.last_seen, self.now())

    def test_it_is_never_heard_in_the_future(self):
        self.device.last_seen = self.device.online_since = self.now() + timedelta(days=1)
        self.device._touch()
        self.assertEqual((self.device.last_seen, self.device.online_since), (self.now(), self.now()))

    def test_a_wrong_clock_moves_nothing_but_what_is_known_of_the_clock(self):
        self.device._touch()
        moment = (self.now() + timedelta(days=2)).strftime("%Y-%m-%d %H:%M:%S")
        scan = self.scan(f"11 {moment}")
        self.device._touch()
        self.assertEqual((scan.state, scan.reason), ("review", "future"))
        self.assertEqual(self.device.last_seen, self.now())
        self.assertEqual(self.device.clock_offset, 2 * 86400 + 7 * 3600 - 14 * 3600)
        self.assertEqual(self.device.clock_read_at, self.now())

    def test_old_scans_say_nothing_about_the_clock(self):
        self.scan("11 2025-10-01 06:00:00")
        self.assertFalse(self.device.clock_read_at)

    def test_the_clock_is_written_when_it_has_moved(self):
        self.device._note_clock(self.now() + timedelta(seconds=100))
        self.device.flush_recordset()
        with self.assertQueryCount(0):
            self.device._note_clock(self.now() + timedelta(seconds=129))
            self.device.flush_recordset()
        self.device._note_clock(self.now() - timedelta(seconds=30))
        self.assertEqual(self.device.clock_offset, -30)
        self.device._note_clock(datetime(9999, 12, 31))
        self.device.flush_recordset()
        self.assertEqual(self.device.clock_offset, 2**31 - 1)

    def test_moments_at_the_end_of_the_calendar_are_kept_for_review(self):
        self.device.tz = "America/Bogota"
        scan = self.scan("11 9999-12-31 23:59:59")
        self.assertEqual((scan.state, scan.reason, scan.scan_time), ("review", "impossible_time", False))

    # --- who is let in

    def admitted(self, serial="TERMINAL1", address=ADDRESS, protocol="zkteco_push"):
        return self.env["spp.attendance.device"]._admit(protocol, serial, address)[1]

    def test_states(self):
        self.assertIsNone(self.admitted())
        self.device.action_block()
        self.assertEqual(self.admitted(), Refusal.BLOCKED)
        self.device.action_retire()
        self.assertEqual(self.admitted(), Refusal.BLOCKED, "a retired terminal is known, not new")
        self.device.action_approve()
        self.assertIsNone(self.admitted())
        self.device.active = False
        self.assertEqual(self.admitted(), Refusal.BLOCKED)

    def test_networks(self):
        self.device.allowed_networks = "10.1.0.0/16, 192.0.2.7,2001:db8::/32"
        for address in ("10.1.2.3", "192.0.2.7", "::ffff:10.1.2.3", "2001:db8::1"):
            self.assertIsNone(self.admitted(address=address), address)
        self.assertFalse(self.device.last_error)
        for address in ("10.2.0.1", "192.0.2.8", "2001:db9::1", "", None, "unix:"):
            self.assertEqual(self.admitted(address=address), Refusal.NETWORK, address)
        self.assertIn("outside of its allowed networks", self.device.last_error)
        for text in ("10.1.0.0/99", "the office", ",", " , "):
            with self.subTest(text), self.assertRaises(ValidationError):
                self.device.allowed_networks = text

    def test_another_protocol_is_not_let_in(self):
        self.assertEqual(self.admitted(protocol="other"), Refusal.BLOCKED)
        self.assertIn("another protocol", self.device.last_error)

    def test_an_error_is_kept_and_not_written_each_time(self):
        self.device._note_error("Too large")
        self.assertEqual((self.device.last_error, self.device.last_error_at), ("Too large", self.now()))
        self.device.flush_recordset()
        with self.assertQueryCount(0):
            self.device._note_error("Too large")
            self.device.flush_recordset()
        self.device._note_error("Compressed")
        self.assertEqual(self.device.last_error, "Compressed")

    def test_a_device_that_went_wild_is_slowed_down_and_others_are_not(self):
        self.env["ir.config_parameter"].set_param("spp_device.requests_per_minute", "3")
        other = self.new_device("OTHER")
        other.action_approve()
        self.assertEqual([self.admitted() for _request in range(5)], [None] * 3 + [Refusal.TOO_MANY] * 2)
        self.assertIsNone(self.admitted("OTHER"))

    def test_strangers_are_noted_up_to_a_limit_and_do_not_keep_known_ones_out(self):
        self.env["ir.config_parameter"].set_param("spp_device.unknown_requests", "2")
        answers = [self.admitted(f"STRANGER{number}") for number in range(5)]
        self.assertEqual(answers, [Refusal.UNKNOWN] * 2 + [Refusal.TOO_MANY] * 3)
        noted = self.env["spp.attendance.device"].search([("serial", "like", "STRANGER")])
        self.assertEqual((len(noted), set(noted.mapped("state"))), (2, {"pending"}))
        self.assertEqual(self.admitted("STRANGER0"), Refusal.PENDING)
        self.assertIsNone(self.admitted())
        self.assertEqual(self.admitted("STRANGER9", "192.0.2.8"), Refusal.UNKNOWN)
