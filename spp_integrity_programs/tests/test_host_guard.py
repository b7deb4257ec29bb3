# Part of the SPP attendance suite. LGPL-3.
"""What the host left open to officers, rejectors, validators and approvers, and what its buttons go on doing."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.spp_integrity.tests.common import SuiteCase

ROLES = ("officer", "rejector", "validator", "cycle_approver", "manager")


@tagged("post_install", "-at_install")
class TestHostGuard(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {role: cls.make_user(f"host_{role}", f"spp_programs.group_programs_{role}") for role in ROLES}
        cls.users["administrator"] = cls.make_user(
            "host_admin", "base.group_system", *(f"spp_programs.group_programs_{role}" for role in ROLES)
        )
        cls.program = cls.make_program()
        cls.other_program = cls.make_program("Another Program")
        cls.people = cls.make_people(2)
        cls.cycle = cls.make_cycle(cls.program, members=cls.people)
        cls.entitlement = cls.env["spp.entitlement"].create(
            {
                "cycle_id": cls.cycle.id,
                "partner_id": cls.people[0].id,
                "initial_amount": 100,
                "is_cash_entitlement": True,
            }
        )

    def _refused(self, records, values):
        for role, user in self.users.items():
            for name, value in values.items():
                with self.assertRaises(AccessError, msg=f"{role}: {name}"):
                    self.rpc(user, records, "write", {name: value})

    def test_nobody_writes_what_the_host_notes_on_a_cycle(self):
        values = {
            "approved_by": self.users["officer"].id,
            "approved_date": "2025-10-02 00:00:00",
            "compliance_criteria_applied": True,
            "program_id": self.other_program.id,
        }
        for state in ("draft", "approved", "ended"):
            self.cycle.state = state
            self._refused(self.cycle, values)
        self.assertFalse(self.cycle.approved_by or self.cycle.approved_date)
        self.assertEqual(self.cycle.program_id, self.program)

    def test_nobody_writes_code_approval_and_validity_of_an_entitlement(self):
        before = self.entitlement.read(["code", "date_approved", "valid_until"])
        values = {"code": "forged", "date_approved": "2025-10-02", "valid_until": "2039-12-31"}
        for state in ("draft", "approved"):
            self.entitlement.state = state
            self._refused(self.entitlement, values)
        self.assertEqual(self.entitlement.read(["code", "date_approved", "valid_until"]), before)

    def test_memberships_stay_those_of_their_registrants(self):
        membership = self.enrol(self.program, self.people[0])
        self._refused(membership, {"partner_id": self.people[1].id, "program_id": self.other_program.id})
        other = self.make_cycle(self.program, "2025-11-01", "2025-11-30")
        self._refused(self.cycle.cycle_membership_ids[0], {"cycle_id": other.id})

    def test_the_buttons_of_the_host_go_on_noting_it(self):
        manager = self.users["manager"]
        self.cycle.state = "to_approve"
        self.rpc(manager, self.cycle, "action_approve")
        self.assertEqual((self.cycle.state, self.cycle.approved_by), ("approved", manager))
        self.assertTrue(self.cycle.approved_date)
        self.rpc(manager, self.entitlement, "approve_entitlement")
        self.assertEqual(self.entitlement.state, "approved")
        self.assertTrue(self.entitlement.date_approved)

    def test_states_of_entitlements_move_one_way(self):
        """Whoever decides, and whichever way: nothing that was decided goes back, and no approval without its checks."""
        states = [state for state, _label in self.entitlement._fields["state"].selection]
        moves = self.entitlement._MOVES
        self.cycle.state = "approved"
        for present in states:
            for wanted in states:
                if wanted == present or (wanted != "approved" and wanted in moves.get(present, ())):
                    continue
                self.entitlement.state = present
                for role in ("validator", "manager", "administrator"):
                    self.assertRefused(self.users[role], self.entitlement, "write", {"state": wanted})
                    self.assertRefused(
                        self.users[role],
                        self.cycle,
                        "write",
                        {"entitlement_ids": [(1, self.entitlement.id, {"state": wanted})]},
                    )
                self.assertEqual(self.entitlement.state, present)

    def test_what_was_decided_stays_with_whom_it_was_decided_about(self):
        values = {"initial_amount": 900, "partner_id": self.people[1].id, "is_cash_entitlement": False}
        for state in ("approved", "rdpd2ben", "cancelled", "rejected3", "expired", "trans2FSP"):
            self.entitlement.state = state
            for user in self.users.values():
                for name, value in values.items():
                    with self.subTest(state=state, user=user.login, name=name), self.assertRaises(UserError):
                        self.rpc(user, self.entitlement, "write", {name: value})
        self.entitlement.state = "draft"
        self.rpc(self.users["officer"], self.entitlement, "write", {"initial_amount": 90})

    def test_nothing_begins_decided(self):
        values = {"cycle_id": self.cycle.id, "partner_id": self.people[1].id, "initial_amount": 5}
        for role in ("validator", "manager", "administrator"):
            user = self.users[role]
            with self.subTest(role=role):
                for state in ("approved", "rdpd2ben", "cancelled"):
                    with self.assertRaises(UserError):
                        self.rpc_create(user, "spp.entitlement", {**values, "state": state})
                    with self.assertRaises(UserError):
                        self.rpc_create(user, "spp.entitlement", values, context={"default_state": state})
                    with self.assertRaises(UserError):
                        self.rpc(user, self.entitlement, "copy", {"state": state})
                with self.assertRaises(UserError):
                    self.rpc_create(
                        user,
                        "spp.cycle",
                        {
                            "name": "Decided",
                            "program_id": self.program.id,
                            "start_date": "2039-01-01",
                            "end_date": "2039-01-31",
                            "state": "approved",
                        },
                    )
        for role in ("cycle_approver", "manager", "administrator"):
            self.assertRefused(self.users[role], self.cycle, "write", {"state": "approved"})

    def test_what_is_over_is_over(self):
        """In an ended or cancelled cycle nobody makes, moves or changes anything by hand."""
        membership = self.cycle.cycle_membership_ids[0]
        new = {"cycle_id": self.cycle.id, "partner_id": self.people[1].id}
        for state in ("ended", "cancelled"):
            self.cycle.state = state
            for role in ("officer", "manager", "administrator"):
                user = self.users[role]
                with self.subTest(state=state, role=role):
                    for records, values in (
                        (self.cycle, {"end_date": "2039-12-31"}),
                        (membership, {"state": "exited"}),
                        (self.entitlement, {"state": "pending_validation"}),
                        (self.entitlement, {"initial_amount": 7}),
                    ):
                        with self.assertRaises(UserError):
                            self.rpc(user, records, "write", values)
                    with self.assertRaises(UserError):
                        self.rpc_create(user, "spp.entitlement", {**new, "initial_amount": 5})
                    person = self.make_people(1)
                    with self.assertRaises(UserError):
                        self.rpc_create(
                            user, "spp.cycle.membership", {"cycle_id": self.cycle.id, "partner_id": person.id}
                        )
                    with self.assertRaises(UserError):
                        self.rpc(
                            user,
                            membership,
                            "bulk_create_memberships",
                            [{"cycle_id": self.cycle.id, "partner_id": person.id}],
                        )

    def test_defaults_and_references_name_only_what_one_may_read(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_people(1)
        stranger.company_id = company
        foreign = self.make_program("Foreign", company_id=company.id)
        user, program = self.users["manager"], self.program
        for model, values in (
            ("spp.program.membership", {"program_id": program.id}),
            ("spp.cycle.membership", {"cycle_id": self.cycle.id}),
            ("spp.entitlement", {"cycle_id": self.cycle.id, "initial_amount": 5}),
        ):
            for sent, context in (({"partner_id": stranger.id}, {}), ({}, {"default_partner_id": stranger.id})):
                with self.subTest(model=model, context=context), self.assertRaises(AccessError):
                    self.rpc_create(user, model, {**values, **sent}, context=context)
        for model, parent in (("spp.cycle.membership", self.cycle), ("spp.program.membership", program)):
            field = "cycle_id" if parent == self.cycle else "program_id"
            with self.assertRaises(AccessError):
                self.rpc(
                    user,
                    self.env[model],
                    "bulk_create_memberships",
                    [{field: parent.id, "partner_id": stranger.id}],
                )
        wrapper = foreign.cycle_manager_ids
        with self.assertRaises(AccessError):
            self.rpc_create(
                user,
                wrapper._name,
                {
                    "program_id": program.id,
                    "manager_ref_id": f"{wrapper.manager_ref_id._name},{wrapper.manager_ref_id.id}",
                },
            )

    def test_a_copy_has_its_own_code_and_no_approval(self):
        self.cycle.state = "approved"
        self.entitlement.approve_entitlement()
        copy = self.entitlement.copy()
        self.assertNotEqual(copy.code, self.entitlement.code)
        self.assertFalse(copy.date_approved)

    def test_a_remote_caller_opens_nothing(self):
        forged = {"spp_guarded": {"opened_fields": [["spp.cycle", "approved_by"]]}, "opened_fields": ["approved_by"]}
        with self.assertRaises(AccessError):
            self.rpc(
                self.users["manager"], self.cycle, "write", {"approved_by": self.users["officer"].id}, context=forged
            )
