# Part of the SPP attendance suite. LGPL-3.
"""What members are given is prepared once, approved or rejected by program, expires, and adds up."""

from datetime import date

from freezegun import freeze_time
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_programs.models import constants

from .common import ProgramsCase


@tagged("post_install", "-at_install")
class TestEntitlement(ProgramsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._enroll(cls.people)
        cls._set_amount(30000)
        cls.cycle = cls._cycle()
        cls.cycle.copy_beneficiaries_from_program()

    def _entitlement(self, partner=None, **vals):
        return self.env["spp.entitlement"].create(
            {"partner_id": (partner or self.amina).id, "cycle_id": self.cycle.id, "initial_amount": 100, **vals}
        )

    def test_preparation_is_for_enrolled_members_and_happens_once(self):
        self.cycle.cycle_membership_ids.filtered(lambda m: m.partner_id == self.chen).state = "non_compliant"
        self.cycle.prepare_entitlement()
        entitlements = self.cycle.entitlement_ids
        self.assertEqual(entitlements.partner_id, self.amina + self.bilal)
        for entitlement in entitlements:
            self.assertTrue(entitlement.is_cash_entitlement)
            self.assertEqual(entitlement.initial_amount, 30000)
            self.assertEqual(entitlement.balance, 30000)
            self.assertEqual(entitlement.currency_id, self.program.currency_id)
            self.assertEqual(entitlement.program_id, self.program)
            self.assertEqual(
                (entitlement.valid_from, entitlement.valid_until), (self.cycle.start_date, self.cycle.end_date)
            )
        self.assertEqual(len(set(entitlements.mapped("code"))), 2)

        self.cycle.prepare_entitlement()
        self.assertEqual(self.cycle.entitlement_ids, entitlements, "the second run creates nothing")
        self.cycle.cycle_membership_ids.write({"state": "enrolled"})
        self.cycle.prepare_entitlement()
        self.assertEqual((self.cycle.entitlement_ids - entitlements).partner_id, self.chen)

    def test_second_preparation_costs_the_same_for_any_number(self):
        self._enroll(self.make_people(*(f"Person {number}" for number in range(20))))
        self.cycle.copy_beneficiaries_from_program()
        self.cycle.prepare_entitlement()
        manager = self.program.get_manager(constants.MANAGER_ENTITLEMENT)
        members = self.cycle.get_beneficiaries()
        few, many = (
            self._count_queries(manager.prepare_entitlements, self.cycle, some) for some in (members[:2], members)
        )
        self.assertEqual(many, few)
        self.assertEqual(len(self.cycle.entitlement_ids), 23)

    def test_approval_needs_an_approved_cycle(self):
        entitlement = self._entitlement()
        with self.assertRaises(ValidationError):
            entitlement.approve_entitlement()
        self.cycle.state = "approved"
        self.assertIsNone(entitlement.approve_entitlement())
        self.assertEqual(entitlement.state, "approved")
        self.assertEqual(entitlement.date_approved, self.today)
        self.assertEqual(entitlement.approval_state, "approved")
        self.assertTrue(entitlement.can_be_used())
        again = entitlement.approve_entitlement()
        self.assertEqual(again["params"]["type"], "danger")
        self.assertEqual(entitlement.state, "approved")

    def test_one_program_at_a_time(self):
        other = self.env["spp.program"].create({"name": "Health"})
        cycle = self._cycle("Health 1", program_id=other.id, state="approved")
        self.cycle.state = "approved"
        with self.assertRaises(ValidationError):
            (self._entitlement() + self._entitlement(cycle_id=cycle.id)).approve_entitlement()

    def test_funds_can_run_out(self):
        manager = self.program.get_manager(constants.MANAGER_ENTITLEMENT)
        self.patch(type(manager), "check_fund_balance", lambda manager, program_id: 150)
        self.cycle.state = "approved"
        entitlements = self._entitlement() + self._entitlement(self.bilal)
        self.assertEqual(entitlements.approve_entitlement()["params"]["type"], "danger")
        self.assertEqual(set(entitlements.mapped("state")), {"draft"})
        self.assertIsNone(entitlements[0].approve_entitlement())

    def test_rejection(self):
        entitlement = self._entitlement()
        entitlement.action_submit_for_approval()
        self.assertEqual(entitlement.approval_state, "pending")
        entitlement.reject_entitlement()
        self.assertEqual((entitlement.state, entitlement.approval_state), ("rejected3", "rejected"))
        with self.assertRaises(UserError):
            entitlement.reject_entitlement()
        with self.assertRaises(UserError):
            entitlement.action_submit_for_approval()

    def test_reject_all_pending(self):
        self.cycle.prepare_entitlement()
        self.cycle.action_submit_for_approval()
        self.cycle.reject_all_entitlements()
        self.assertEqual(set(self.cycle.entitlement_ids.mapped("state")), {"rejected3"})

    def test_dates_and_default_validity(self):
        entitlement = self._entitlement()
        self.assertEqual(entitlement.valid_until, date(2026, 10, 6))
        with self.assertRaises(ValidationError):
            entitlement.valid_from = date(2026, 10, 7)

    def test_code_is_unique(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self._entitlement(code=self._entitlement().code)

    def test_only_drafts_can_be_deleted(self):
        draft, pending = self._entitlement(), self._entitlement(self.bilal, state="pending_validation")
        with self.assertRaises(ValidationError):
            (draft + pending).unlink()
        draft.unlink()
        self.assertTrue(pending.exists())

    def test_overdue_entitlements_expire(self):
        late = self._entitlement(state="approved", valid_until=date(2025, 10, 5))
        today = self._entitlement(self.bilal, state="approved", valid_until=date(2025, 10, 6))
        draft = self._entitlement(self.chen, valid_until=date(2025, 10, 5))
        self.cycle.state = "ended"
        self.assertFalse(late.can_be_used())
        self.assertTrue(today.can_be_used())
        done, remaining = self.env["spp.entitlement"]._gc_mark_expired_entitlement(batch_size=1)
        self.assertEqual((done, remaining), (1, 0))
        self.assertEqual((late + today + draft).mapped("state"), ["expired", "approved", "draft"])
        with freeze_time("2025-10-07 08:00:00"):
            self.env["spp.entitlement"]._gc_mark_expired_entitlement()
        self.assertEqual(today.state, "expired")

    def test_amount_by_group_size(self):
        program = self.env["spp.program"].create({"name": "Households"})
        manager = program.get_manager(constants.MANAGER_ENTITLEMENT)
        manager.write({"amount_per_cycle": 10, "amount_per_individual_in_group": 5})
        household = self.make_people("Household", is_group=True)
        self.env["spp.group.membership"].create(
            [{"group": household.id, "individual": person.id} for person in self.people]
        )
        self._enroll(household, program=program)
        cycle = self._cycle("Households 1", program_id=program.id)
        cycle.copy_beneficiaries_from_program()
        cycle.prepare_entitlement()
        self.assertEqual(cycle.entitlement_ids.initial_amount, 25)
        manager.max_individual_in_group = 2
        self.assertEqual(manager._calculate_amount(household, 3), 20)

    def test_cash_items(self):
        manager = self.env["spp.program.entitlement.manager.cash"].create(
            {
                "program_id": self.program.id,
                "max_amount": 140,
            }
        )
        self._use_manager("entitlement_manager_ids", "spp.program.entitlement.manager", manager)
        with self.assertRaises(UserError):
            self.cycle.prepare_entitlement()
        manager.entitlement_item_ids = [
            Command.create({"amount": 100, "condition": "[('name', '!=', 'Chen')]"}),
            Command.create({"amount": 60, "condition": "[('name', '=', 'Amina')]"}),
        ]
        with self.assertRaises(ValidationError):
            manager.entitlement_item_ids[0].condition = "[('no_such_field', '=', 1)]"
        self.cycle._release_operation_lock()
        self.cycle.prepare_entitlement()
        amounts = {rec.partner_id: rec.initial_amount for rec in self.cycle.entitlement_ids}
        self.assertEqual(amounts, {self.amina: 140, self.bilal: 100})

    def test_inkind_items(self):
        rice, oil = self.env["product.product"].create(
            [{"name": "Rice", "list_price": 2.5}, {"name": "Oil", "list_price": 4}]
        )
        manager = self.env["spp.program.entitlement.manager.inkind"].create(
            {
                "program_id": self.program.id,
                "entitlement_item_ids": [
                    Command.create({"product_id": rice.id, "quantity": 10}),
                    Command.create({"product_id": oil.id, "condition": "[('name', '=', 'Amina')]"}),
                ],
            }
        )
        self._use_manager("entitlement_manager_ids", "spp.program.entitlement.manager", manager)
        for _run in range(2):
            self.cycle.prepare_entitlement()
            self.assertEqual(len(self.cycle.inkind_entitlement_ids), 4)
        handed = self.cycle.inkind_entitlement_ids.filtered(lambda rec: rec.partner_id == self.amina)
        self.assertEqual(sorted(handed.mapped("total_amount")), [4, 25])
        self.assertEqual(self.cycle.total_entitlements_count, 4)
        self.assertFalse(self.cycle.entitlement_ids)
        self.cycle.action_submit_for_approval()
        self.cycle.action_approve()
        self.cycle.validate_entitlement()
        self.assertEqual(set(self.cycle.inkind_entitlement_ids.mapped("state")), {"approved"})
        self.cycle.mark_cancelled()
        self.assertEqual(set(self.cycle.inkind_entitlement_ids.mapped("state")), {"cancelled"})
