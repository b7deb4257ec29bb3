# Part of the SPP attendance suite. LGPL-3.
"""A program gets its managers, its people and its cycles, ends and is reopened."""

from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_programs.models import constants

from .common import ProgramsCase


@tagged("post_install", "-at_install")
class TestProgram(ProgramsCase):
    def test_default_managers(self):
        kinds = {
            constants.MANAGER_PROGRAM: "spp.program.manager.default",
            constants.MANAGER_CYCLE: "spp.cycle.manager.default",
            constants.MANAGER_ENTITLEMENT: "spp.program.entitlement.manager.default",
        }
        for kind, model in kinds.items():
            manager = self.program.get_manager(kind)
            self.assertEqual(manager._name, model)
            self.assertEqual(manager.program_id, self.program)
        eligibility = self.program.get_managers(constants.MANAGER_ELIGIBILITY)
        self.assertEqual([manager._name for manager in eligibility], ["spp.program.membership.manager.default"])
        self.assertFalse(self.program.compliance_manager_ids)
        self.assertFalse(self.program.has_compliance_criteria)

    def test_default_managers_are_created_once(self):
        before = self.program.cycle_manager_ids
        self.program.create_default_managers()
        self.assertEqual(self.program.cycle_manager_ids, before)

    def test_default_managers_can_be_skipped(self):
        programs = self.env["spp.program"].with_context(skip_default_managers=True)
        bare = programs.create({"name": "Bare"})
        self.assertFalse(bare.cycle_manager_ids)
        self.assertIsNone(bare.get_manager(constants.MANAGER_CYCLE))
        with self.assertRaises(UserError):
            bare.create_new_cycle()

    def test_manager_kinds(self):
        self.assertIsNone(self.program.get_manager(constants.MANAGER_PAYMENT))
        self.assertEqual(self.program.get_managers(constants.MANAGER_NOTIFICATION), [])
        with self.assertRaises(NotImplementedError):
            self.program.get_manager(constants.MANAGER_COMPLIANCE)
        with self.assertRaises(NotImplementedError):
            self.program.get_managers(constants.MANAGER_CYCLE)

    def test_one_cycle_manager_only(self):
        implementation = self.env["spp.cycle.manager.default"].create({"program_id": self.program.id})
        wrapper = self.env["spp.cycle.manager"].create(
            {"program_id": self.program.id, "manager_ref_id": f"{implementation._name},{implementation.id}"}
        )
        with self.assertRaises(ValidationError):
            self.program.cycle_manager_ids += wrapper

    def test_name_is_unique(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            self.env["spp.program"].create({"name": self.program.name})

    def test_beneficiaries_and_counters(self):
        self._enroll(self.amina + self.bilal)
        self._enroll(self.chen, "paused")
        self.assertEqual(self.program.get_beneficiaries("enrolled").partner_id, self.amina + self.bilal)
        self.assertEqual(self.program.get_beneficiaries(["enrolled", "paused"], count=True), 3)
        members = self.program.get_beneficiaries(order="id")
        self.assertEqual(self.program.get_beneficiaries(last_id=members[0].id), members[1:])
        self.assertEqual(self.program.get_beneficiaries(min_id=members[1].id, max_id=members[1].id), members[1])
        self.assertEqual(self.program.count_beneficiaries("paused"), {"value": 1})
        self.assertEqual((self.program.beneficiaries_count, self.program.eligible_beneficiaries_count), (3, 2))

    def test_import_and_enrol_eligible_registrants(self):
        manager = self.program.eligibility_manager_ids.manager_ref_id
        manager.eligibility_domain = f"[('id', 'in', {self.people.ids}), ('name', '!=', 'Chen')]"
        group = self.make_people("Household", is_group=True)
        manager.eligibility_domain = f"[('id', 'in', {(self.amina + self.bilal + group).ids})]"
        self.program.import_eligible_registrants()
        members = self.program.program_membership_ids
        self.assertEqual(members.partner_id, self.amina + self.bilal, "a group is no individual")
        self.program.import_eligible_registrants()
        self.assertEqual(self.program.program_membership_ids, members, "a second import adds nobody")

        manager.eligibility_domain = f"[('id', '=', {self.amina.id})]"
        self.program.enroll_eligible_registrants()
        states = {membership.partner_id: membership.state for membership in members}
        self.assertEqual(states, {self.amina: "enrolled", self.bilal: "not_eligible"})

    def test_verification_leaves_paused_members_alone(self):
        paused, enrolled = self._enroll(self.amina, "paused"), self._enroll(self.bilal)
        self.program.eligibility_manager_ids.manager_ref_id.eligibility_domain = "[('id', '=', 0)]"
        self.program.verify_eligibility()
        self.assertEqual((paused.state, enrolled.state), ("paused", "not_eligible"))

    def test_enrolment_hooks_get_those_who_join(self):
        calls = []
        program_class = type(self.env["spp.program"])
        self.patch(program_class, "_pre_enrollment_hook", lambda program, partner: calls.append(("pre", partner)))
        self.patch(program_class, "_post_enrollment_hook", lambda program, partner: calls.append(("post", partner)))
        self._enroll(self.amina)
        self._enroll(self.bilal, "draft")
        self.program.enroll_eligible_registrants()
        self.program.verify_eligibility()
        self.assertEqual(calls, [("pre", self.bilal), ("post", self.bilal)])

    def test_new_cycles_follow_each_other(self):
        self._enroll(self.amina)
        self._enroll(self.bilal, "draft")
        first = self.env["spp.cycle"].browse(self.program.create_new_cycle()["res_id"])
        second = self.env["spp.cycle"].browse(self.program.create_new_cycle()["res_id"])
        self.assertEqual(first.start_date, self.today)
        self.assertEqual((second.start_date - first.end_date).days, 1)
        self.assertEqual((first.sequence, second.sequence), (1, 2))
        self.assertEqual(second.cycle_membership_ids.partner_id, self.amina)
        self.assertEqual(second.cycle_membership_ids.state, "enrolled")
        self.assertEqual(self.program.cycles_count, 2)

    def test_end_and_reactivate(self):
        cycle = self._cycle()
        with self.assertRaises(UserError):
            self.program.end_program()
        cycle.mark_cancelled()
        self.program.end_program()
        self.assertEqual(self.program.state, "ended")
        self.assertTrue(self.program.date_ended)
        with self.assertRaises(UserError):
            self.program.create_new_cycle()
        self.program.reactivate_program()
        self.assertEqual(self.program.state, "active")
        self.assertFalse(self.program.date_ended)
