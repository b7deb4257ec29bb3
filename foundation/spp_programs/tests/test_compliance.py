# Part of the SPP attendance suite. LGPL-3.
"""Whom compliance criteria leave in a cycle, at each of the moments at which they may be applied."""

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from .common import ProgramsCase

# The name that OpenSPP reads and the one that the addon itself would give.
FILTERING_PARAMETERS = (
    "spp_programs_compliance_criteria.beneficiaries_automated_filtering_mechanism",
    "spp_programs.beneficiaries_automated_filtering_mechanism",
)


@tagged("post_install", "-at_install")
class TestCompliance(ProgramsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._enroll(cls.people)
        cls._set_amount(100)
        cls.cycle = cls._cycle()

    def _states(self):
        self.env.invalidate_all()
        states = {member.partner_id: member.state for member in self.cycle.cycle_membership_ids}
        return [states.get(partner) for partner in self.people]

    def _set_mechanism(self, name, value):
        self.env["ir.config_parameter"].set_param(name, value)

    def test_domain_of_several_managers(self):
        self.assertEqual(self.cycle._get_compliance_criteria_domain(), [])
        amina = self._comply_if("[('name', '=', 'Amina')]")
        domain = self.cycle._get_compliance_criteria_domain()
        self.assertIsInstance(domain, list)
        self.assertEqual(self.people.filtered_domain(domain), self.amina)
        self._comply_if(False)
        self._comply_if("[('name', '=', 'Bilal')]")
        domain = self.cycle._get_compliance_criteria_domain()
        self.assertIsInstance(domain, list)
        self.assertEqual(self.people.filtered_domain(domain), self.amina + self.bilal)
        (self.program.compliance_manager_ids - amina).unlink()
        amina.manager_ref_id.compliance_cel_expression = False
        self.assertEqual(self.cycle._get_compliance_criteria_domain(), [])

    def test_nobody_is_not_everybody(self):
        self.cycle.copy_beneficiaries_from_program()
        self._comply_if("[('id', 'in', [])]")
        self.cycle.action_filter_beneficiaries_by_compliance_criteria()
        self.assertEqual(self._states(), ["non_compliant"] * 3)

    def test_filter_needs_criteria(self):
        self.cycle.copy_beneficiaries_from_program()
        self.assertFalse(self.cycle.allow_filter_compliance_criteria)
        with self.assertRaisesRegex(ValidationError, "has no compliance criteria to filter by"):
            self.cycle.action_filter_beneficiaries_by_compliance_criteria()

    def test_filter_sets_every_membership_whatever_it_was(self):
        self.cycle.copy_beneficiaries_from_program()
        self._comply_if("[('name', 'in', ['Amina', 'Bilal'])]")
        self.cycle.cycle_membership_ids.filtered(lambda m: m.partner_id == self.bilal).state = "paused"
        self.cycle.action_filter_beneficiaries_by_compliance_criteria()
        self.assertEqual(self._states(), ["enrolled", "enrolled", "non_compliant"])
        self.assertTrue(self.cycle.compliance_criteria_applied)
        failed = self.cycle.cycle_membership_ids.filtered(lambda m: m.state == "non_compliant")
        self.assertEqual(failed.compliance_criteria, "Default Compliance Manager")
        self.assertFalse((self.cycle.cycle_membership_ids - failed)[0].compliance_criteria)

    def test_filter_changes_nothing_once_the_cycle_is_decided(self):
        self.cycle.copy_beneficiaries_from_program()
        self._comply_if("[('id', 'in', [])]")
        self.cycle.state = "approved"
        self.cycle.action_filter_beneficiaries_by_compliance_criteria()
        self.assertEqual(self._states(), ["enrolled"] * 3)
        self.assertFalse(self.cycle.compliance_criteria_applied)

    def test_filter_is_for_managers(self):
        self.cycle.copy_beneficiaries_from_program()
        self._comply_if("[('name', '=', 'Amina')]")
        for role in ("viewer", "officer", "validator", "cycle_approver"):
            with self.assertRaises(AccessError):
                self.cycle.with_user(self._role(role)).action_filter_beneficiaries_by_compliance_criteria()
        self.assertEqual(self._states(), ["enrolled"] * 3)
        self.cycle.with_user(self._role("manager")).action_filter_beneficiaries_by_compliance_criteria()
        self.assertEqual(self._states(), ["enrolled", "non_compliant", "non_compliant"])

    def test_filter_costs_the_same_for_any_number(self):
        self._enroll(self.make_people(*(f"Person {number}" for number in range(60))))
        self.cycle.copy_beneficiaries_from_program()
        self._comply_if("[('name', 'like', '1')]")
        small = self._cycle(
            "Small",
            cycle_membership_ids=[
                Command.create({"partner_id": self.amina.id, "state": "enrolled"}),
                Command.create({"partner_id": self.make_people("Person 1").id}),
            ],
        )
        few, many = (
            self._count_queries(cycle.action_filter_beneficiaries_by_compliance_criteria)
            for cycle in (small, self.cycle)
        )
        self.assertLessEqual(many, few)
        self.assertEqual((small.members_count, self.cycle.members_count), (1, 15))

    def test_verify_compliance(self):
        self.cycle.copy_beneficiaries_from_program()
        manager = self._comply_if("[('name', '=', 'Amina')]").manager_ref_id
        members = self.cycle.cycle_membership_ids
        self.assertEqual(manager.verify_compliance(self.cycle, members).partner_id, self.amina)
        manager.compliance_cel_expression = ""
        self.assertEqual(manager.verify_compliance(self.cycle, members), members)

    def test_bad_expressions_are_refused(self):
        for expression in ("age > 3", "[('no_such_field', '=', 1)]", "[", "5"):
            with self.assertRaises(ValidationError):
                self._comply_if(expression)

    def test_mechanism_is_read_under_both_names(self):
        cycles = self.env["spp.cycle"]
        self.assertEqual(cycles._get_filtering_mechanism(), "0")
        for name in FILTERING_PARAMETERS:
            self._set_mechanism(name, "2")
            self.assertEqual(cycles._get_filtering_mechanism(), "2")
            self._set_mechanism(name, "nonsense")
            self.assertEqual(cycles._get_filtering_mechanism(), "0")

    def test_settings_write_both_names(self):
        settings = self.env["res.config.settings"].create({"beneficiaries_automated_filtering_mechanism": "1"})
        settings.execute()
        parameters = self.env["ir.config_parameter"]
        self.assertEqual([parameters.get_param(name) for name in FILTERING_PARAMETERS], ["1", "1"])
        shown = self.env["res.config.settings"].create({})
        self.assertEqual(shown.beneficiaries_automated_filtering_mechanism, "1")
        shown.beneficiaries_automated_filtering_mechanism = "0"
        shown.execute()
        self.assertEqual(self.env["spp.cycle"]._get_filtering_mechanism(), "0")

    def test_filter_when_members_are_added(self):
        self._comply_if("[('name', '=', 'Amina')]")
        self._set_mechanism(FILTERING_PARAMETERS[0], "1")
        with self.assertRaises(AccessError):
            self.cycle.with_user(self._role("officer")).copy_beneficiaries_from_program()
        self.cycle._release_operation_lock()
        self.cycle.with_user(self._role("manager")).copy_beneficiaries_from_program()
        self.assertEqual(self._states(), ["enrolled", None, None])

    def test_filter_when_entitlements_are_prepared(self):
        self._comply_if("[('name', '=', 'Amina')]")
        self._set_mechanism(FILTERING_PARAMETERS[1], "2")
        self.cycle.copy_beneficiaries_from_program()
        self.cycle.prepare_entitlement()
        self.assertEqual(self.cycle.entitlement_ids.partner_id, self.amina)

    def test_preparation_asks_when_compliance_was_not_applied(self):
        self.cycle.copy_beneficiaries_from_program()
        self._comply_if("[('name', '=', 'Amina')]")
        action = self.cycle.action_prepare_entitlement()
        self.assertEqual(action["res_model"], "spp.prepare.entitlement.confirm.wizard")
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertTrue(wizard.message)
        wizard.action_cancel()
        self.assertFalse(self.cycle.entitlement_ids)
        wizard.action_apply_and_prepare()
        self.assertEqual(self.cycle.entitlement_ids.partner_id, self.amina)
        self.assertIsNone(self.cycle.action_prepare_entitlement(), "applied: it does not ask again")

    def test_preparation_may_go_on_without_compliance(self):
        self.cycle.copy_beneficiaries_from_program()
        self._comply_if("[('name', '=', 'Amina')]")
        officer = self._role("officer")
        action = self.cycle.with_user(officer).action_prepare_entitlement()
        wizard = self.env[action["res_model"]].with_user(officer).browse(action["res_id"])
        with self.assertRaises(AccessError):
            wizard.action_apply_and_prepare()
        wizard.action_confirm()
        self.assertEqual(self.cycle.entitlement_ids.partner_id, self.people)
