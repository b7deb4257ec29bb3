# Part of the SPP attendance suite. LGPL-3.
"""Who reads, prepares, decides and configures in programs, and what each role is refused."""

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import ROLES, ProgramsCase

MODELS = (
    "spp.program",
    "spp.program.membership",
    "spp.cycle",
    "spp.cycle.membership",
    "spp.entitlement",
    "spp.entitlement.inkind",
)
SETTINGS = (
    "spp.program.manager.default",
    "spp.cycle.manager.default",
    "spp.program.membership.manager.default",
    "spp.program.entitlement.manager.default",
    "spp.program.entitlement.manager.cash",
    "spp.program.entitlement.manager.inkind",
    "spp.compliance.manager.default",
)


@tagged("post_install", "-at_install")
class TestAccess(ProgramsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls._role(role) for role in ROLES}
        cls.users["employee"] = cls.make_user("prg_employee")
        cls.users["registry"] = cls.make_user("prg_registry", "spp_registry.group_registry_viewer")
        cls.users["admin"] = cls.make_user("prg_admin", "spp_security.group_spp_admin")
        cls._enroll(cls.people)
        cls._set_amount(100)
        cls.cycle = cls._cycle()
        cls.cycle.copy_beneficiaries_from_program()
        cls.cycle.prepare_entitlement()
        cls.entitlement = cls.cycle.entitlement_ids[0]

    def _as(self, role, records):
        return records.with_user(self.users[role])

    def _call(self, role, records, method, *args):
        return self.rpc(self.users[role], records, method, *args)

    def _assert_only(self, allowed, records, operation, model=None):
        for role, user in self.users.items():
            has_access = self.env[model or records._name].with_user(user).has_access(operation)
            self.assertEqual(has_access, role in allowed, f"{role} {operation} {model or records._name}")

    # Rights per role and model

    def test_who_reads(self):
        for model in MODELS:
            self._assert_only({*ROLES, "registry", "admin"}, None, "read", model)
        for model in SETTINGS:
            self._assert_only({*ROLES, "admin"}, None, "read", model)
        for role in ROLES:
            self.assertTrue(self.env["spp.service.point"].with_user(self.users[role]).has_access("read"))

    def test_who_writes(self):
        allowed = {"officer", "manager", "admin"}
        for model in ("spp.program", "spp.program.membership", "spp.cycle.membership"):
            self._assert_only(allowed, None, "write", model)
        self._assert_only({*allowed, "cycle_approver"}, None, "write", "spp.cycle")
        for model in ("spp.entitlement", "spp.entitlement.inkind"):
            self._assert_only({*allowed, "validator", "rejector", "cycle_approver"}, None, "write", model)

    def test_who_creates(self):
        for model in (*MODELS, "spp.prepare.entitlement.confirm.wizard"):
            self._assert_only({"officer", "manager", "admin"}, None, "create", model)

    def test_who_deletes(self):
        for model in MODELS:
            self._assert_only({"manager", "admin"} if model != "spp.program" else {"admin"}, None, "unlink", model)

    def test_who_configures(self):
        for model in SETTINGS:
            for operation in ("write", "create", "unlink"):
                self._assert_only({"manager", "admin"}, None, operation, model)
        amount = self.program.entitlement_manager_ids.manager_ref_id
        with self.assertRaises(AccessError):
            self._call("officer", amount, "write", {"amount_per_cycle": 1000000})
        generous = self.env["spp.program"].create({"name": "Generous"}).entitlement_manager_ids
        with self.assertRaises(AccessError):
            self._call("officer", self.program, "write", {"entitlement_manager_ids": [Command.set(generous.ids)]})
        with self.assertRaises(AccessError):
            self._as("officer", self.env["spp.program"]).create(
                {"name": "Rich", "entitlement_manager_ids": [Command.set(generous.ids)]}
            )

    # Viewers and outsiders

    def test_employee_sees_nothing(self):
        for records in (self.program, self.cycle, self.entitlement):
            with self.assertRaises(AccessError):
                self._call("employee", records, "read", ["display_name"])

    def test_viewer_reads_and_changes_nothing(self):
        self.assertEqual(self._as("viewer", self.cycle).members_count, 3)
        self.assertTrue(self._as("viewer", self.entitlement).name)
        for call in (
            (self.cycle, "write", {"name": "Mine"}),
            (self.cycle, "action_submit_for_approval"),
            (self.cycle, "prepare_entitlement"),
            (self.cycle, "mark_ended"),
            (self.program, "create_new_cycle"),
            (self.program, "end_program"),
            (self.program.program_membership_ids, "action_pause"),
        ):
            with self.assertRaises(AccessError if call[1] != "end_program" else UserError):
                self._call("viewer", *call)

    # Officers

    def test_officer_prepares_a_whole_cycle(self):
        program = self._as("officer", self.env["spp.program"]).create(
            {"name": "By an officer", "target_type": "individual"}
        )
        self.assertTrue(program.cycle_manager_ids)
        self.env["spp.program.membership"].with_user(self.users["officer"]).create(
            [{"partner_id": partner.id, "program_id": program.id, "state": "enrolled"} for partner in self.people]
        )
        cycle = self._as("officer", self.env["spp.cycle"]).browse(program.create_new_cycle()["res_id"])
        cycle.prepare_entitlement()
        cycle.action_submit_for_approval()
        self.assertEqual(cycle.state, "to_approve")
        self.assertEqual(set(cycle.entitlement_ids.mapped("state")), {"pending_validation"})
        cycle.action_reset_to_draft()
        self.assertEqual(cycle.state, "draft")

    def test_officer_decides_on_no_cycle(self):
        self.cycle.action_submit_for_approval()
        for method in ("action_approve", "action_reject", "mark_distributed", "mark_ended", "mark_cancelled"):
            with self.assertRaises(AccessError):
                self._call("officer", self.cycle, method)
        for state in ("approved", "distributed", "cancelled"):
            with self.assertRaises(AccessError):
                self._call("officer", self.cycle, "write", {"state": state})
        with self.assertRaises(UserError):  # an addon may have its own reason to refuse an end
            self._call("officer", self.cycle, "write", {"state": "ended"})
        with self.assertRaises(AccessError):
            self._call(
                "officer",
                self.env["spp.cycle"],
                "create",
                {
                    "name": "Born approved",
                    "program_id": self.program.id,
                    "start_date": self.today,
                    "end_date": self.today,
                    "state": "approved",
                },
            )
        self.cycle.action_approve()
        with self.assertRaises(AccessError):
            self._call("officer", self.cycle, "write", {"state": "draft"})
        self.assertEqual(self.cycle.state, "approved")

    def test_officer_decides_on_no_money(self):
        self.cycle.action_submit_for_approval()
        self.cycle.action_approve()
        for method in ("approve_entitlement", "reject_entitlement", "batch_approve", "action_approve"):
            with self.assertRaises(AccessError):
                self._call("officer", self.entitlement, method)
        with self.assertRaises(AccessError):
            self._call("officer", self.cycle, "validate_entitlement")
        with self.assertRaises(AccessError):
            self._call("officer", self.cycle, "reject_all_entitlements")
        for state in ("approved", "trans2FSP", "rdpd2ben", "rejected3", "expired"):
            with self.assertRaises(AccessError):
                self._call("officer", self.entitlement, "write", {"state": state})
        with self.assertRaises(AccessError):
            self._as("officer", self.env["spp.entitlement"]).create(
                {
                    "partner_id": self.amina.id,
                    "cycle_id": self.cycle.id,
                    "initial_amount": 1000000,
                    "state": "approved",
                }
            )
        self.assertEqual(self.entitlement.state, "pending_validation")

    def test_officer_deletes_nothing(self):
        empty = self._cycle("Empty")
        for records in (empty, self.cycle.cycle_membership_ids, self.entitlement, self.program.program_membership_ids):
            with self.assertRaises(AccessError):
                self._call("officer", records, "unlink")

    def test_officer_ends_no_program(self):
        self.cycle.mark_cancelled()
        with self.assertRaises(AccessError):
            self._call("officer", self.program, "end_program")
        with self.assertRaises(AccessError):
            self._call("officer", self.program, "write", {"state": "ended"})

    def test_nobody_rewrites_a_decided_entitlement(self):
        self.cycle.action_submit_for_approval()
        self.cycle.action_approve()
        self.cycle.validate_entitlement()
        for role in ("officer", "manager", "validator"):
            for vals in ({"initial_amount": 5}, {"partner_id": self.chen.id}):
                with self.assertRaises(UserError):
                    self._call(role, self.entitlement, "write", vals)
        self.assertEqual(self.entitlement.initial_amount, 100)

    # Deciding roles

    def test_validator_decides_on_entitlements_only(self):
        with self.assertRaises(AccessError):
            self._call("validator", self.cycle, "action_submit_for_approval")
        self.cycle.action_submit_for_approval()
        with self.assertRaises(AccessError):
            self._call("validator", self.cycle, "action_approve")
        with self.assertRaises(ValidationError):
            self._call("validator", self.entitlement, "approve_entitlement")
        self.cycle.action_approve()
        self._call("validator", self.entitlement, "approve_entitlement")
        self.assertEqual(self.entitlement.state, "approved")
        other = self.cycle.entitlement_ids[1]
        self._call("validator", other, "reject_entitlement")
        self.assertEqual(other.state, "rejected3")
        self._call("validator", self.cycle, "validate_entitlement")
        self.assertEqual(self.cycle.entitlement_ids[2].state, "approved")
        for method in ("mark_ended", "mark_cancelled", "mark_distributed"):
            with self.assertRaises(AccessError):
                self._call("validator", self.cycle, method)

    def test_rejector_only_rejects(self):
        self.cycle.action_submit_for_approval()
        self.cycle.action_approve()
        with self.assertRaises(AccessError):
            self._call("rejector", self.entitlement, "approve_entitlement")
        with self.assertRaises(AccessError):
            self._call("rejector", self.entitlement, "write", {"state": "rdpd2ben"})
        self._call("rejector", self.entitlement, "reject_entitlement")
        self.assertEqual(self.entitlement.state, "rejected3")
        self._call("rejector", self.cycle, "reject_all_entitlements")
        self.assertEqual(set(self.cycle.entitlement_ids.mapped("state")), {"rejected3"})
        with self.assertRaises(AccessError):
            self._call("rejector", self.cycle, "mark_cancelled")

    def test_cycle_approver_runs_the_second_half_of_a_cycle(self):
        with self.assertRaises(AccessError):
            self._call("cycle_approver", self.program, "create_new_cycle")
        self.cycle.action_submit_for_approval()
        self._call("cycle_approver", self.cycle, "action_approve")
        self.assertEqual(self.cycle.approved_by, self.users["cycle_approver"])
        self._call("cycle_approver", self.cycle, "validate_entitlement")
        self._call("cycle_approver", self.cycle, "mark_distributed")
        self._call("cycle_approver", self.cycle, "mark_ended")
        self.assertEqual(self.cycle.state, "ended")
        with self.assertRaises(AccessError):
            self._call("cycle_approver", self.program, "write", {"name": "Mine"})
        with self.assertRaises(AccessError):
            self._call("cycle_approver", self.cycle.cycle_membership_ids, "write", {"state": "exited"})

    def test_manager_does_it_all(self):
        self._call("manager", self.cycle, "action_submit_for_approval")
        self._call("manager", self.cycle, "action_approve")
        self._call("manager", self.cycle, "validate_entitlement")
        self._call("manager", self.cycle, "mark_ended")
        self._call("manager", self.program, "end_program")
        self.assertEqual((self.cycle.state, self.program.state), ("ended", "ended"))
        with self.assertRaises(AccessError):
            self._call("manager", self.program, "unlink")

    def test_administrator_is_a_manager(self):
        self.assertTrue(self.users["admin"].has_group("spp_programs.group_programs_manager"))
        program = self.env["spp.program"].create({"name": "Mistake"})
        self._call("admin", program, "unlink")
        self.assertFalse(program.exists())

    # Locks

    def test_lock_is_for_administrators(self):
        for records in (self.cycle, self.program):
            for vals in ({"is_locked": True}, {"locked_reason": "Mine"}):
                with self.assertRaises(AccessError):
                    self._call("manager", records, "write", vals)
            with self.assertRaises(AccessError):
                self._call("manager", records, "action_force_unlock")
            records._acquire_operation_lock("Busy.")
            self._call("admin", records, "action_force_unlock")
            self.assertFalse(records.is_locked)
        with self.assertRaises(AccessError):
            self._as("manager", self.env["spp.program"]).create({"name": "Born locked", "is_locked": True})

    def test_default_managers_are_given_by_who_may_change_the_program(self):
        bare = self.env["spp.program"].with_context(skip_default_managers=True).create({"name": "Bare"})
        with self.assertRaises(AccessError):
            self._call("viewer", bare, "create_default_managers")
        self.assertFalse(bare.cycle_manager_ids)
        self._call("manager", bare, "create_default_managers")
        self.assertEqual(len(bare.cycle_manager_ids), 1)

    def test_server_side_helpers_are_no_remote_calls(self):
        for method in ("get_beneficiaries", "get_manager", "_acquire_operation_lock"):
            with self.assertRaises(AccessError):
                self._call("manager", self.program, method)

    # Record rules

    def test_disabled_registrants_disappear(self):
        self.amina.disabled = "2025-01-01 00:00:00"
        for model in ("spp.program.membership", "spp.cycle.membership"):
            seen = self._as("manager", self.env[model]).search([("partner_id", "in", self.people.ids)])
            self.assertEqual(seen.partner_id, self.bilal + self.chen)

    def test_areas_narrow_the_memberships(self):
        region, away = self.env["spp.area"].create([{"draft_name": "Region"}, {"draft_name": "Away"}])
        village = self.env["spp.area"].create({"draft_name": "Village", "parent_id": region.id})
        self.amina.area_id, self.bilal.area_id = village, away
        self.users["officer"].center_area_ids = region
        for model in ("spp.program.membership", "spp.cycle.membership"):
            seen = self._as("officer", self.env[model]).search([("partner_id", "in", self.people.ids)])
            self.assertEqual(seen.partner_id, self.amina)
            other = self.env[model].search([("partner_id", "=", self.bilal.id)])
            with self.assertRaises(AccessError):
                self._call("officer", other, "write", {"state": "exited"})

    def test_companies_are_kept_apart(self):
        company = self.env["res.company"].create({"name": "Other agency"})
        program = self.env["spp.program"].create({"name": "Elsewhere", "company_id": company.id})
        cycle = self._cycle("Elsewhere 1", program_id=program.id, company_id=company.id)
        entitlement = self.env["spp.entitlement"].create(
            {
                "partner_id": self.amina.id,
                "cycle_id": cycle.id,
                "company_id": company.id,
                "initial_amount": 1,
            }
        )
        for records in (program, cycle, entitlement):
            with self.assertRaises(AccessError):
                self._call("manager", records, "read", ["display_name"])
        with self.assertRaises(UserError):
            self._cycle("Mixed", program_id=program.id)
