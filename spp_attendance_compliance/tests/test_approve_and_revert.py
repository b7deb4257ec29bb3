# Part of the SPP attendance suite. LGPL-3.
"""A second person approves a run, and one that was applied can be taken back as if it had never been."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestApproveAndRevert(AttendanceComplianceCase):
    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 0, 0)

    def states(self):
        self.memberships.invalidate_recordset()
        return self.memberships.mapped("state")

    def test_nothing_of_a_decision_is_made_anonymous(self):
        self.assertAnonymises(self.decide().decision_ids[0])

    # --- approving

    def test_a_second_manager_approves(self):
        self.program.attendance_run_approval = True
        other = self.make_user("second", "spp_programs.group_programs_manager")
        run = self.cycle.with_user(self.manager)._start_attendance_run()
        with self.assertRaisesRegex(UserError, "approved by a second manager"):
            self.rpc(self.manager, run, "action_apply")
        with self.assertRaisesRegex(UserError, "another manager must approve"):
            self.rpc(self.manager, run, "action_approve")
        for user in (self.officer, self.viewer):
            with self.assertRaises(AccessError):
                self.rpc(user, run, "action_approve")
        self.rpc(other, run, "action_approve")
        self.rpc(self.manager, run, "action_apply")
        self.assertEqual((run.state, run.approved_by_id), ("applied", other))
        with self.assertRaisesRegex(UserError, "nothing to approve"):
            self.rpc(other, run, "action_approve")

    def test_only_managers_choose_the_second_person(self):
        with self.assertRaises(AccessError):
            self.rpc(self.officer, self.program, "write", {"attendance_run_approval": False})
        self.rpc(self.manager, self.program, "write", {"attendance_run_approval": True})
        self.rpc(self.officer, self.program, "write", {"attendance_threshold": 70})

    # --- taking back

    def test_everything_is_as_before(self):
        before = (self.states(), self.memberships.mapped("number_of_attendance"))
        run = self.decide()
        run.action_apply()
        self.assertNotEqual(self.states(), before[0])
        self.assertIsNone(run.action_revert())
        self.assertEqual((self.states(), self.memberships.mapped("number_of_attendance")), before)
        self.assertFalse(self.memberships.attendance_decision_id)
        self.assertFalse(self.cycle.compliance_criteria_applied)
        self.assertEqual(run.state, "reverted")

    def test_the_run_before_is_in_force_again(self):
        first = self.decide()
        first.action_apply()
        before = self.states()
        self.cycle.attendance_threshold = 100
        second = self.decide()
        second.action_apply()
        self.assertEqual(self.states().count("enrolled"), 1)
        with self.assertRaisesRegex(UserError, "take that one back first"):
            first.action_revert()
        second.action_revert()
        self.assertEqual(self.states(), before)
        self.assertEqual(self.memberships.attendance_decision_id.run_id, first)
        self.assertTrue(self.cycle.compliance_criteria_applied)

    def test_what_somebody_touched_since_stays_and_is_listed(self):
        run = self.decide()
        run.action_apply()
        self.memberships[4].state = "exited"
        action = run.action_revert()
        self.assertEqual(self.states(), ["enrolled"] * 4 + ["exited"])
        self.assertEqual(action["domain"], [("id", "in", self.memberships[4].ids)])

    def test_not_twice_not_unapplied_and_not_after_approval(self):
        run = self.decide()
        with self.assertRaisesRegex(UserError, "nothing to take back"):
            run.action_revert()
        run.action_apply()
        run.action_revert()
        with self.assertRaisesRegex(UserError, "nothing to take back"):
            run.action_revert()
        with self.assertRaisesRegex(UserError, "make a new run"):
            run.action_apply()
        again = self.decide()
        again.action_apply()
        self.cycle.state = "approved"
        with self.assertRaisesRegex(UserError, "can no longer be taken back"):
            again.action_revert()

    def test_only_managers_take_back(self):
        run = self.decide()
        run.action_apply()
        for user in (self.officer, self.viewer):
            with self.assertRaises(AccessError):
                self.rpc(user, run, "action_revert")
        self.rpc(self.manager, run, "action_revert")
        self.assertEqual(run.state, "reverted")

    def test_exemptions_are_for_managers(self):
        values = {"partner_id": self.people[0].id, "reason": "Flood"}
        for user in (self.viewer, self.officer):
            with self.assertRaises(AccessError):
                self.rpc(user, self.env["spp.attendance.exemption"], "create", values)
        exemption = self.env["spp.attendance.exemption"].browse(
            self.rpc(self.manager, self.env["spp.attendance.exemption"], "create", values)
        )
        self.assertEqual(exemption.user_id, self.manager)
        with self.assertRaises(AccessError):
            self.rpc(self.manager, exemption, "unlink")
