# Part of the SPP attendance suite. LGPL-3.
"""A dispute that turns out justified after approval brings what was missed, once, and by the right people."""

from datetime import date

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.spp_integrity import with_guarded

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestDisputeMadeGood(AttendanceComplianceCase):
    """Person 3 was found to have attended 3 of 5 sessions; that it were 4 turns out once the cycle is approved."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.entitlement_manager_ids.manager_ref_id.amount_per_cycle = 120
        cls.second_manager, cls.validator = (
            cls.make_user(login, f"spp_programs.group_programs_{group}")
            for login, group in (("second_manager", "manager"), ("validator", "validator"))
        )

    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 0, 0)
        self.run_record = self.cycle.with_user(self.manager)._start_attendance_run()
        self.run_record.action_apply()
        self.memberships.invalidate_recordset()
        self.cycle.prepare_entitlement()
        self.membership = self.memberships[2]
        self.dispute = self.raise_dispute()

    def raise_dispute(self, user=None):
        values = {"decision_id": self.memberships[2].attendance_decision_id.id, "claim": "She was there on 4 October"}
        return self.rpc_create(user or self.officer, "spp.attendance.dispute", values)

    def decide_again(self, state, code="present", user=None):
        self.cycle.state = state
        mark = self.sessions[3].attendance_ids.filtered(lambda mark: mark.participant_id == self.people[2])
        with_guarded(mark, attendance_change_reason="Paper list").status_id = self.env[
            "spp.attendance.status"
        ]._by_code(code)
        self.rpc(user or self.manager, self.dispute, "action_decide_again")

    def entitlements(self, person=None):
        self.env.invalidate_all()
        return self.cycle.entitlement_ids.filtered(lambda rec: not person or rec.partner_id == person)

    def standing(self):
        self.env.invalidate_all()
        return [
            (member.state, member.number_of_attendance, member.attendance_decision_id) for member in self.memberships
        ]

    # --- approved and distributed

    def test_made_good_after_approval(self):
        self.decide_again("approved")
        before = self.standing()
        self.rpc(self.manager, self.dispute, "action_correct")
        after = self.standing()
        self.assertEqual(after[:2] + after[3:], before[:2] + before[3:], "the others are not touched")
        self.assertEqual(after[2], ("enrolled", 4, self.dispute.new_decision_id))
        self.assertEqual((self.dispute.state, self.dispute.decided_by_id), ("corrected", self.manager))
        new = self.entitlements(self.people[2])
        self.assertEqual((new.state, new.initial_amount), ("draft", 120))
        self.assertEqual((new.attendance_dispute_id, self.dispute.entitlement_ids), (self.dispute, new))
        self.assertEqual(len(self.entitlements()), 3)
        decision = self.membership.attendance_decision_id
        self.assertEqual((decision.previous_state, decision.previous_number), ("non_compliant", 3))
        said = "".join(self.dispute.message_ids.mapped("body"))
        self.assertIn("enrolled with 4 attendances. One entitlement", said)
        said = "".join(self.cycle.message_ids.mapped("body"))
        self.assertIn(f"Dispute number {self.dispute.id} made good, entitlements prepared: 1.", said)
        self.assertNotIn(self.dispute.partner_id.name, said)
        self.rpc(self.validator, new, "approve_entitlement")
        self.assertEqual(new.state, "approved")

    def test_what_is_given_later_is_valid_as_long_as_what_the_others_got(self):
        self.decide_again("approved")
        with freeze_time("2028-02-29 12:00:00"):
            self.rpc(self.manager, self.dispute, "action_correct")
        new = self.entitlements(self.people[2])
        self.assertEqual(new.valid_from, date(2025, 10, 1))
        self.assertEqual(new.valid_until, date(2028, 3, 30))

    def test_what_makes_good_in_a_distributed_cycle_can_be_approved(self):
        self.decide_again("distributed")
        self.rpc(self.manager, self.dispute, "action_correct")
        new = self.entitlements(self.people[2])
        self.assertEqual((self.membership.state, new.state), ("enrolled", "draft"))
        for user in (self.viewer, self.officer):
            with self.assertRaises(AccessError):
                self.rpc(user, new, "approve_entitlement")
        with self.assertRaises(ValidationError):
            self.rpc(self.validator, self.entitlements(self.people[0]), "approve_entitlement")
        self.rpc(self.validator, new, "approve_entitlement")
        self.assertEqual(new.state, "approved")

    def test_an_entitlement_in_kind(self):
        wrapper = self.program.entitlement_manager_ids
        product = self.env["product.product"].create({"name": "Rice"})
        inkind = self.env["spp.program.entitlement.manager.inkind"].create(
            {"program_id": self.program.id, "entitlement_item_ids": [fields.Command.create({"product_id": product.id})]}
        )
        wrapper.manager_ref_id = inkind
        self.decide_again("approved")
        self.rpc(self.manager, self.dispute, "action_correct")
        self.assertEqual(self.dispute.inkind_entitlement_ids.mapped("state"), ["draft"])
        self.assertEqual(self.cycle.inkind_entitlement_ids.partner_id, self.people[2])

    def test_what_a_run_had_withdrawn_is_given_back(self):
        """Prepared, then withdrawn as a correction run found the member not compliant, then disputed."""
        first = self.entitlements(self.people[1])
        mark = self.sessions[0].attendance_ids.filtered(lambda mark: mark.participant_id == self.people[1])
        absent, present = (self.env["spp.attendance.status"]._by_code(code) for code in ("absent", "present"))
        with_guarded(mark, attendance_change_reason="List").status_id = absent
        late = self.env["spp.attendance.compliance.run"].browse(self.cycle.action_attendance_late_data()["res_id"])
        late.action_apply()
        self.assertEqual((first.state, first.attendance_run_id), ("cancelled", late))
        self.cycle.state = "approved"
        dispute = self.env["spp.attendance.dispute"].create(
            {"decision_id": self.memberships[1].attendance_decision_id.id, "claim": "Was there"}
        )
        with_guarded(mark, attendance_change_reason="Signed").status_id = present
        self.rpc(self.manager, dispute, "action_decide_again")
        self.rpc(self.manager, dispute, "action_correct")
        self.assertEqual(self.entitlements(self.people[1]), first, "not a second one")
        self.assertEqual(
            (first.state, first.attendance_dispute_id, first.attendance_run_id.id), ("draft", dispute, False)
        )

    def test_nothing_is_taken_after_approval(self):
        self.decide_again("approved", "excused")
        self.assertEqual((self.dispute.is_different, self.dispute.new_result), (True, "non_compliant"))
        before = self.standing()
        with self.assertRaisesRegex(UserError, "nothing is taken"), self.env.cr.savepoint():
            self.rpc(self.manager, self.dispute, "action_correct")
        self.assertEqual((self.standing(), self.dispute.state), (before, "open"))

    def test_who_is_paused_stays_paused(self):
        self.membership.state = "paused"
        self.decide_again("approved")
        with self.assertRaisesRegex(UserError, "is paused, has left"), self.env.cr.savepoint():
            self.rpc(self.manager, self.dispute, "action_correct")
        self.assertEqual(self.standing()[2][0], "paused")

    def test_paused_between_the_decision_and_the_correction(self):
        self.decide_again("approved")
        self.membership.state = "paused"
        with self.assertRaisesRegex(UserError, "was changed meanwhile"), self.env.cr.savepoint():
            self.rpc(self.manager, self.dispute, "action_correct")
        self.assertEqual((self.standing()[2][0], self.dispute.state), ("paused", "open"))
        self.assertEqual(len(self.entitlements()), 2)

    def test_made_good_once(self):
        self.decide_again("approved")
        self.rpc(self.manager, self.dispute, "action_correct")
        with self.assertRaisesRegex(UserError, "is closed"):
            self.rpc(self.manager, self.dispute, "action_correct")
        self.rpc(self.manager, self.dispute.run_id, "action_apply")
        self.assertEqual(len(self.entitlements(self.people[2])), 1)
        with self.assertRaisesRegex(UserError, "no longer be taken back"):
            self.rpc(self.manager, self.dispute.run_id, "action_revert")

    def test_other_runs_touch_approved_cycles_as_little_as_before(self):
        dry = self.decide()
        late = self.env["spp.attendance.compliance.run"].browse(self.cycle.action_attendance_late_data()["res_id"])
        before = self.standing()
        for state in ("approved", "distributed", "ended", "cancelled"):
            self.cycle.state = state
            for run in (dry, late):
                with self.assertRaisesRegex(UserError, "approved or over"), self.env.cr.savepoint():
                    self.rpc(self.manager, run, "action_apply")
        self.assertEqual(self.standing(), before)

    # --- cycles that are over

    def test_over_and_justified(self):
        for state in ("ended", "cancelled"):
            self.decide_again(state)
            before = self.standing()
            with self.assertRaisesRegex(UserError, "approved or over"), self.env.cr.savepoint():
                self.rpc(self.manager, self.dispute, "action_correct")
            with self.assertRaisesRegex(UserError, "Write the answer"):
                self.rpc(self.manager, self.dispute, "action_justify")
            self.assertEqual(self.standing(), before)
        self.rpc(self.manager, self.dispute, "write", {"resolution": "You were right; November pays both."})
        self.rpc(self.manager, self.dispute, "action_justify")
        self.assertEqual((self.dispute.state, self.dispute.decided_by_id), ("justified", self.manager))
        self.assertEqual((self.standing(), len(self.entitlements())), (before, 2), "nothing in the cycle changes")
        person = self.people[2].with_user(self.viewer)
        self.assertEqual((person.attendance_dispute_count, person.attendance_justified_count), (1, 1))
        action = person.action_view_attendance_disputes()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), self.dispute)
        for user in (self.viewer, self.officer):
            with self.assertRaises(AccessError):
                self.rpc(user, self.dispute, "action_made_good")
        self.rpc(self.manager, self.dispute, "action_made_good")
        person.invalidate_recordset()
        self.assertEqual((person.attendance_dispute_count, person.attendance_justified_count), (1, 0))
        with self.assertRaisesRegex(UserError, "not made good yet"):
            self.rpc(self.manager, self.dispute, "action_made_good")

    def test_over_and_refused(self):
        self.cycle.state = "ended"
        self.rpc(self.manager, self.dispute, "write", {"resolution": "The list is signed by somebody else."})
        self.rpc(self.manager, self.dispute, "action_refuse")
        self.assertEqual(self.dispute.state, "refused")

    def test_justified_is_what_the_engine_finds(self):
        self.dispute.resolution = "Yes"
        self.cycle.state = "ended"
        with self.assertRaisesRegex(UserError, "Decide again first"):
            self.rpc(self.manager, self.dispute, "action_justify")
        self.decide_again("ended", "excused")
        with self.assertRaisesRegex(UserError, "is not that the requirement is met"):
            self.rpc(self.manager, self.dispute, "action_justify")
        self.decide_again("approved")
        with self.assertRaisesRegex(UserError, "is not over"):
            self.rpc(self.manager, self.dispute, "action_justify")

    # --- roles

    def test_who_wrote_it_down_does_not_grant_it(self):
        self.program.attendance_run_approval = True
        self.dispute.resolution = "No"
        self.dispute.action_refuse()
        self.dispute = self.raise_dispute(self.manager)
        self.decide_again("approved", user=self.second_manager)
        with self.assertRaisesRegex(UserError, "approved by a second manager"):
            self.rpc(self.second_manager, self.dispute, "action_correct")
        self.rpc(self.manager, self.dispute.run_id, "action_approve")
        for records, method in ((self.dispute, "action_correct"), (self.dispute.run_id, "action_apply")):
            with self.assertRaisesRegex(UserError, "wrote the dispute down yourself"), self.env.cr.savepoint():
                self.rpc(self.manager, records, method)
        self.rpc(self.second_manager, self.dispute, "action_correct")
        self.assertEqual(self.standing()[2][:2], ("enrolled", 4))

    def test_who_wrote_it_down_does_not_justify_it(self):
        self.program.attendance_run_approval = True
        self.dispute.resolution = "No"
        self.dispute.action_refuse()
        self.dispute = self.raise_dispute(self.manager)
        self.decide_again("ended")
        self.dispute.resolution = "Yes"
        with self.assertRaisesRegex(UserError, "wrote the dispute down yourself"):
            self.rpc(self.manager, self.dispute, "action_justify")
        self.rpc(self.second_manager, self.dispute, "action_justify")

    def test_only_managers_make_good(self):
        self.decide_again("approved")
        teacher = self.make_user("teacher", "spp_session_tracking.group_session_manager")
        for user in (self.viewer, self.officer, self.validator, teacher):
            for records, method in (
                (self.dispute, "action_correct"),
                (self.dispute, "action_justify"),
                (self.dispute.run_id, "action_apply"),
            ):
                with self.assertRaises(AccessError):
                    self.rpc(user, records, method)
        self.assertEqual(self.standing()[2][0], "non_compliant")

    def test_the_trace_is_not_written_by_hand(self):
        entitlement = self.entitlements()[0]
        for user in (self.officer, self.manager):
            for name, value in (("attendance_dispute_id", self.dispute.id), ("attendance_run_id", self.run_record.id)):
                with self.assertRaises(AccessError):
                    self.rpc(user, entitlement, "write", {name: value})
                values = {"partner_id": self.people[4].id, "cycle_id": self.cycle.id, "initial_amount": 1, name: value}
                with self.assertRaises(AccessError):
                    self.rpc(user, self.env["spp.entitlement"], "create", values)
        values = {"partner_id": self.people[4].id, "cycle_id": self.cycle.id, "initial_amount": 1}
        forged = {"default_attendance_dispute_id": self.dispute.id, "default_made_good_on": "2025-11-01"}
        created = self.rpc_create(self.officer, "spp.entitlement", values, context=forged)
        self.assertFalse(created.attendance_dispute_id)
        for method in ("_make_good", "_close", "_follow_with_entitlements"):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, self.dispute, method)
