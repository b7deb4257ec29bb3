# Part of the SPP attendance suite. LGPL-3.
"""Who approves terminals, who only reads what they sent, and who sees neither."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import DeviceBridgeCase


@tagged("post_install", "-at_install")
class TestDeviceAccess(DeviceBridgeCase):
    def test_manager_approves_and_blocks(self):
        self.rpc(self.manager, self.device, "action_block")
        self.assertEqual(self.device.state, "blocked")
        self.rpc(self.manager, self.device, "action_approve")
        self.assertEqual(self.device.state, "active")

    def test_facilitator_reads_only(self):
        scan = self.match("98 2025-10-01 06:00:00")
        self.assertEqual(self.rpc(self.facilitator, scan, "read", ["state"])[0]["state"], "review")
        for records, method, args in (
            (self.device, "action_approve", ()),
            (self.device, "write", ({"tz": "UTC"},)),
            (self.device, "unlink", ()),
            (scan, "action_match", ()),
            (scan, "write", ({"state": "matched"},)),
            (scan, "unlink", ()),
        ):
            with self.assertRaises(AccessError, msg=f"{records._name}.{method}"):
                self.rpc(self.facilitator, records, method, *args)

    def test_manager_cannot_decide_a_scan_by_writing_it(self):
        scan = self.match("98 2025-10-01 06:00:00")
        for method, args in (("write", ({"state": "matched"},)), ("unlink", ())):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, scan, method, *args)
        self.assertEqual(scan.state, "review")

    def test_no_role_no_access(self):
        employee = self.make_user("employee")
        with self.assertRaises(AccessError):
            self.rpc(employee, self.device, "read", ["serial"])
