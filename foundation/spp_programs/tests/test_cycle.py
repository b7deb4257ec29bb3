# Part of the SPP attendance suite. LGPL-3.
"""A cycle from its dates and members through approval to its end, also with more members than a batch holds."""

from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_programs.models import constants

from .common import ProgramsCase


@tagged("post_install", "-at_install")
class TestCycle(ProgramsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._enroll(cls.people)
        cls._set_amount(30000)
        cls.cycle = cls._cycle()
        cls.manager = cls.program.get_manager(constants.MANAGER_CYCLE)

    def _prepared(self):
        self.cycle.copy_beneficiaries_from_program()
        self.cycle.prepare_entitlement()
        return self.cycle

    def test_dates(self):
        with self.assertRaises(ValidationError):
            self._cycle("Past", start_date=date(2025, 10, 5))
        with self.assertRaises(ValidationError):
            self.cycle.start_date = date(2025, 10, 5)
        with self.assertRaises(ValidationError):
            self._cycle("Backwards", end_date=date(2025, 10, 5))
        with self.assertRaises(ValidationError):
            self.cycle.end_date = date(2025, 10, 5)
        self._cycle("One day", end_date=self.today)

    def test_running_cycle_can_be_prolonged(self):
        with freeze_time("2025-10-16 08:00:00"):
            self.cycle.end_date = date(2025, 11, 11)
        self.assertEqual(self.cycle.end_date, date(2025, 11, 11))

    def test_name_is_unique_within_the_program(self):
        other = self.env["spp.program"].create({"name": "Health"})
        self._cycle("October", program_id=other.id)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._cycle("October")

    def test_class_constants(self):
        states = ["draft", "to_approve", "approved", "distributed", "cancelled", "ended"]
        names = ("DRAFT", "TO_APPROVE", "APPROVED", "DISTRIBUTED", "CANCELED", "ENDED")
        self.assertEqual([getattr(self.cycle, f"STATE_{name}") for name in names], states)
        self.assertEqual(self.cycle._fields["state"].get_values(self.env), states)

    def test_copying_members_twice_adds_nobody(self):
        self.cycle.copy_beneficiaries_from_program()
        members = self.cycle.cycle_membership_ids
        self.assertEqual(members.partner_id, self.people)
        self.assertEqual(set(members.mapped("state")), {"enrolled"})
        self.cycle.copy_beneficiaries_from_program()
        self.assertEqual(self.cycle.cycle_membership_ids, members)
        self.assertFalse(self.cycle.is_locked)
        self.cycle.state = "to_approve"
        with self.assertRaises(UserError):
            self.cycle.copy_beneficiaries_from_program()

    def test_state_flow(self):
        cycle = self._prepared()
        with self.assertRaises(UserError):
            cycle.action_approve()
        cycle.action_submit_for_approval()
        self.assertEqual(cycle.state, "to_approve")
        self.assertEqual(set(cycle.entitlement_ids.mapped("state")), {"pending_validation"})
        with self.assertRaises(UserError):
            cycle.action_submit_for_approval()
        cycle.action_reset_to_draft()
        self.assertEqual(set(cycle.entitlement_ids.mapped("state")), {"draft"})
        cycle.to_approve()
        with self.assertRaises(ValidationError):
            cycle.validate_entitlement()
        cycle.approve()
        self.assertEqual(cycle.state, "approved")
        self.assertEqual(cycle.approved_by, self.env.user)
        self.assertTrue(cycle.approved_date)
        self.assertFalse(cycle.all_entitlements_approved)
        cycle.validate_entitlement()
        self.assertTrue(cycle.all_entitlements_approved)
        with self.assertRaises(UserError):
            cycle.action_reset_to_draft()
        cycle.mark_distributed()
        cycle.mark_ended()
        self.assertEqual(cycle.state, "ended")
        with self.assertRaises(UserError):
            cycle.prepare_entitlement()

    def test_rejection_cancels_cycle_and_entitlements(self):
        cycle = self._prepared()
        with self.assertRaises(UserError):
            cycle.action_reject()
        cycle.action_submit_for_approval()
        cycle.action_reject()
        self.assertEqual(cycle.state, "cancelled")
        self.assertEqual(set(cycle.entitlement_ids.mapped("state")), {"cancelled"})

    def test_approval_can_take_the_entitlements_along(self):
        cycle = self._prepared()
        cycle.auto_approve_entitlements = True
        cycle.action_submit_for_approval()
        cycle.action_approve(comment="Checked the list")
        self.assertEqual(set(cycle.entitlement_ids.mapped("state")), {"approved"})
        self.assertIn("Checked the list", cycle.message_ids[0].body)

    def test_approver_group(self):
        self.manager.approver_group_id = self.env["res.groups"].create({"name": "Board"})
        approver = self._role("cycle_approver")
        cycle = self._prepared()
        cycle.action_submit_for_approval()
        with self.assertRaises(ValidationError):
            cycle.with_user(approver).action_approve()
        self.assertEqual(cycle.state, "to_approve")
        approver.group_ids += self.manager.approver_group_id
        cycle.with_user(approver).action_approve()
        self.assertEqual(cycle.state, "approved")

    def test_counters(self):
        cycle = self._prepared()
        cycle.cycle_membership_ids[0].state = "paused"
        self.assertEqual((cycle.members_count, cycle.all_members_count), (2, 3))
        self.assertEqual((cycle.entitlements_count, cycle.total_entitlements_count), (3, 3))
        self.assertEqual(cycle.total_amount, 90000)
        self.assertEqual(cycle.currency_id, self.program.currency_id)
        self.assertEqual(cycle.get_beneficiaries("enrolled", count=True), 2)
        self.assertEqual(len(cycle.get_entitlements("draft")), 3)
        self.assertFalse(cycle.get_entitlements(entitlement_model="spp.entitlement.inkind"))

    def test_eligibility_check_of_members(self):
        self.cycle.copy_beneficiaries_from_program()
        members = {member.partner_id: member for member in self.cycle.cycle_membership_ids}
        members[self.chen].state = "paused"
        self.program.eligibility_manager_ids.manager_ref_id.eligibility_domain = f"[('id', '=', {self.amina.id})]"
        self.cycle.check_eligibility()
        states = [members[partner].state for partner in self.people]
        self.assertEqual(states, ["enrolled", "not_eligible", "paused"])
        self.assertFalse(self.cycle.is_locked)

    def test_length_of_new_cycles(self):
        for start, end in (
            (date(2025, 11, 1), date(2025, 11, 30)),
            (date(2028, 1, 31), date(2028, 2, 28)),
            (date(2028, 2, 29), date(2028, 3, 28)),
        ):
            self.assertEqual(self.manager.new_cycle(f"From {start}", start, 5).end_date, end)
        start = date(2025, 11, 1)
        self.manager.write({"cycle_duration": 2, "rrule_type": "weekly", "auto_approve_entitlements": True})
        cycle = self.manager.new_cycle("B", start, 6)
        self.assertEqual(cycle.end_date, date(2025, 11, 14))
        self.assertTrue(cycle.auto_approve_entitlements)
        self.assertEqual(cycle.sequence, 6)

    def test_operation_lock(self):
        self.cycle._acquire_operation_lock("Counting.")
        self.assertEqual(self.cycle.locked_reason, "Counting.")
        with self.assertRaisesRegex(UserError, "Counting"):
            self.cycle.copy_beneficiaries_from_program()
        self.cycle._release_operation_lock()
        self.assertFalse(self.cycle.is_locked)
        self.cycle.copy_beneficiaries_from_program()
        self.program._acquire_operation_lock("Importing.")
        self.program.action_force_unlock()
        self.assertFalse(self.program.is_locked)

    def test_only_unused_cycles_can_be_deleted(self):
        cycle = self._prepared()
        with self.assertRaises(UserError):
            cycle.unlink()
        self._cycle("Empty").unlink()
        self.assertEqual(self.program.cycle_ids, cycle)

    def test_many_members_go_through_in_batches(self):
        self.patch(type(self.manager), "MAX_ROW_JOB_QUEUE", 2)
        cycle = self._prepared()
        self.assertEqual(cycle.entitlement_ids.partner_id, self.people)
        self.assertEqual(cycle.entitlement_ids.mapped("initial_amount"), [30000.0] * 3)
        self.assertEqual(fields.Date.to_date(cycle.entitlement_ids[0].valid_until), cycle.end_date)
