# Part of the SPP attendance suite. LGPL-3.
"""Officers count, managers apply, viewers read, and nobody writes facts or decisions by hand."""

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestComplianceAccess(AttendanceComplianceCase):
    def test_officer_starts_a_dry_run_but_does_not_apply(self):
        self.sessions.action_submit()
        self.rpc(self.officer, self.cycle, "action_filter_beneficiaries_by_compliance_criteria")
        run = self.cycle.attendance_run_ids
        self.assertEqual((run.user_id, run.state), (self.officer, "decided"))
        self.assertEqual(len(run.with_user(self.officer).decision_ids), 5)
        with self.assertRaisesRegex(AccessError, "Only a programs manager"):
            self.rpc(self.officer, run, "action_apply")
        self.assertEqual(set(self.memberships.mapped("state")), {"enrolled"})

    def test_manager_applies(self):
        self.sessions.action_submit()
        self.rpc(self.manager, self.cycle, "action_filter_beneficiaries_by_compliance_criteria")
        run = self.cycle.attendance_run_ids
        self.rpc(self.manager, run, "action_apply")
        self.assertEqual((run.state, run.applied_by_id), ("applied", self.manager))

    def test_viewer_reads(self):
        self.sessions.action_submit()
        run = self.decide()
        fact = self.env["spp.event.attendance"].search([], limit=1)
        for records in (run, run.decision_ids, fact):
            self.assertTrue(self.rpc(self.viewer, records, "read", ["display_name"]))
        self.assertTrue(self.rpc(self.viewer, run.decision_ids, "read", ["explanation"])[0]["explanation"])
        with self.assertRaises(AccessError):
            self.rpc(self.viewer, self.cycle, "action_filter_beneficiaries_by_compliance_criteria")
        with self.assertRaises(AccessError):
            self.rpc(self.viewer, run, "action_apply")

    def test_nobody_writes_facts_and_decisions_directly(self):
        self.sessions.action_submit()
        run = self.decide()
        fact = self.env["spp.event.attendance"].search([], limit=1)
        for user in (self.viewer, self.officer, self.manager):
            for records, vals in (
                (run, {"state": "applied"}),
                (run.decision_ids[0], {"result": "compliant"}),
                (fact, {"weight": 1}),
            ):
                with self.assertRaises(AccessError):
                    self.rpc(user, records, "write", vals)
                with self.assertRaises(AccessError):
                    self.rpc(user, records, "unlink")

    def test_facilitators_and_employees_see_no_decisions(self):
        run = self.decide()
        for groups in ("base.group_user", "base.group_user,spp_session_tracking.group_session_user"):
            user = new_test_user(self.env, groups.replace(".", "_").replace(",", "_"), groups)
            with self.assertRaises(AccessError):
                self.rpc(user, run, "read", ["state"])

    def test_private_methods_are_not_reachable(self):
        for method in ("_start_attendance_run", "_job_filter_by_attendance"):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, self.cycle, method)
