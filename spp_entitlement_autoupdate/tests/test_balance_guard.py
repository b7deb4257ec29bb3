# Part of the SPP attendance suite. LGPL-3.
"""The balance of an entitlement is what transactions leave of it, whoever says otherwise."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.spp_integrity.tests.common import SuiteCase

ROLES = ("officer", "rejector", "validator", "cycle_approver", "manager")


@tagged("post_install", "-at_install")
class TestBalanceGuard(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = [cls.make_user(f"balance_{role}", f"spp_programs.group_programs_{role}") for role in ROLES]
        cls.users.append(
            cls.make_user(
                "balance_admin", "base.group_system", *(f"spp_programs.group_programs_{role}" for role in ROLES)
            )
        )
        cycle = cls.make_cycle(cls.make_program(), members=cls.make_people(1))
        cls.values = {"cycle_id": cycle.id, "partner_id": cycle.cycle_membership_ids.partner_id.id}
        cls.entitlement = cls.env["spp.entitlement"].create(
            {**cls.values, "initial_amount": 100, "is_cash_entitlement": True}
        )

    def test_nobody_writes_it(self):
        for user in self.users:
            for state in ("draft", "approved", "rdpd2ben"):
                self.entitlement.state = state
                with self.assertRaises(AccessError, msg=user.login):
                    self.rpc(user, self.entitlement, "write", {"entitlement_balance": 100_000})
        self.assertEqual(self.entitlement.entitlement_balance, 100)

    def test_nobody_creates_or_imports_it(self):
        for user in self.users:
            with self.assertRaises(AccessError, msg=user.login):
                self.rpc_create(
                    user, "spp.entitlement", {**self.values, "initial_amount": 1, "entitlement_balance": 100_000}
                )
            rows = [[str(self.values["cycle_id"]), str(self.values["partner_id"]), "1", "100000"]]
            columns = ["cycle_id/.id", "partner_id/.id", "initial_amount", "entitlement_balance"]
            self.assertFalse(self.rpc(user, self.entitlement, "load", columns, rows)["ids"], user.login)
