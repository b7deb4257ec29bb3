# Part of the SPP attendance suite. LGPL-3.
"""Who says where scans count, and who corrects what they count for."""

from odoo.tests import tagged

from odoo.addons.spp_attendance_compliance.tests.roles_common import (
    MANAGERS,
    NOBODY,
    READERS,
    RolesCase,
    models_of,
    remote_methods_of,
)

MODULE = "spp_attendance_scan_source"


@tagged("post_install", "-at_install")
class TestScanSourceRoles(RolesCase):
    """Whoever manages terminals says where their scans count; what comes of them is in the ledger like any other fact."""

    def test_nothing_else_is_reachable(self):
        self.assertEqual((models_of(self.env, MODULE), remote_methods_of(self.env, MODULE)), (set(), set()))

    def test_only_session_managers_say_where_scans_count(self):
        device = self.env["spp.attendance.device"].create({"name": "Gate", "serial": "GATE-1"})
        allowed = {"session_manager", "administrator"}
        for values in ({"attendance_location": "Gate"}, {"attendance_location": False}):
            self.assertEqual(self.roles_with(device, "write", values), allowed)
        self.assertLessEqual(allowed, self.roles_with(device, "read", ["attendance_location"]))
        self.assertNotIn("employee", self.roles_with(device, "read", ["attendance_location"]))

    def test_facts_of_scans_are_corrected_by_managers_only(self):
        source = self.env.ref("spp_attendance_scan_source.attendance_source_scan")
        fact = self.env["spp.event.attendance"].create(
            {
                "source_id": source.id,
                "external_id": "1/2025-10-02/1",
                "partner_id": self.people[0].id,
                "company_id": self.cycle.company_id.id,
                "attendance_date": "2025-10-02",
                "category": "present",
            }
        )
        self.assertEqual(self.roles_with(fact, "read", ["attendance_date"]), READERS)
        self.assertEqual(self.roles_with(fact, "write", {"state": "cancelled"}), NOBODY)
        self.assertEqual(self.roles_with(fact, "unlink"), NOBODY)
        self.assertEqual(self.roles_with(fact, "action_correct", {"state": "cancelled"}, "Wrong card"), MANAGERS)
