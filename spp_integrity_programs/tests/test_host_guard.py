# Part of the SPP attendance suite. LGPL-3.
"""What the host left open to officers, rejectors, validators and approvers, and what its buttons go on doing."""

from odoo.exceptions import AccessError
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
