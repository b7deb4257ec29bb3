# Part of the SPP attendance suite. LGPL-3.
"""Users of another company or area see nothing of transactions, reviews and histories."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import BOOKER, RedemptionCase


@tagged("post_install", "-at_install")
class TestCompanyArea(RedemptionCase):
    """Transactions, reviews and the history of entitlements, for users of another company or another area."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.north, cls.south = cls.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        cls.person.write({"area_id": cls.north.id, "birthdate": "2015-05-05", "phone": "+62 811"})
        elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.outsider = cls.make_user("outsider", "spp_programs.group_programs_manager")
        cls.outsider.write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        cls.northern = cls.make_user("northern", "spp_programs.group_programs_viewer")
        cls.northern.center_area_ids = cls.north
        cls.southern = cls.make_user("southern", "spp_programs.group_programs_manager")
        cls.southern.center_area_ids = cls.south

    def assertBound(self, record):
        self.assertEqual(self.rpc(self.northern, record, "search", [("id", "=", record.id)]), record.ids)
        for user in (self.outsider, self.southern):
            with self.subTest(user=user.login, model=record._name):
                self.assertFalse(self.rpc(user, record, "search", [("id", "=", record.id)]))
                self.assertRefused(user, record, "read", ["display_name"])
                self.assertRefused(user, record, "web_read", {"display_name": {}})

    def test_transactions_and_entitlements(self):
        entitlement, inkind = self._create_entitlement(), self._create_inkind()
        for goods, measure, model in ((entitlement, 1, self.cash), (inkind, 1, self.inkind)):
            [result] = self._book(self._item(goods, measure), model=model)
            self.assertStored([result])
            self.assertBound(model.browse(result["id"]))
            self.assertBound(goods)

    def test_history_of_entitlements(self):
        entitlement = self._create_entitlement()
        self._book(self._item(entitlement, 1))
        self.cycle.with_user(self.manager).mark_ended()
        change = self.env["spp.entitlement.state.change"].search([("entitlement_id", "=", entitlement.id)], limit=1)
        self.assertTrue(change)
        self.assertBound(change)

    def test_a_clerk_sees_what_the_desk_needs(self):
        entitlement = self._create_entitlement()
        [result] = self.rpc(self.clerk, self.cash, "book", [self._item(entitlement, 1)])
        row = self.cash.browse(result["id"])
        [shown] = self.rpc(self.clerk, row, "web_read", {"partner_id": {"fields": {"display_name": {}}}})
        self.assertEqual(shown["partner_id"]["display_name"], "Person 0")
        form = self.rpc_create(
            self.clerk, "spp.entitlement.transaction.book", {"entitlement_code": entitlement.code, "value": "1"}
        )
        [shown] = self.rpc(self.clerk, form, "read", ["beneficiary", "balance"])
        self.assertEqual(shown["beneficiary"], "Person 0")
        self.assertIn("99", shown["balance"])
        self.assertFalse(self.rpc(self.clerk, self.person, "search", [("phone", "=", "+62 811")]))
        self.assertFalse(self.rpc(self.clerk, self.person, "name_search", "Person 0"))
        for method, args in (
            ("read", [["phone"]]),
            ("read", [["birthdate"]]),
            ("read", [["reg_ids"]]),
        ):
            with self.assertRaises(AccessError) as caught:
                self.rpc(self.clerk, self.person, method, *args)
            self.assertNotIn("+62", str(caught.exception))
        with self.assertRaises(AccessError):
            self.rpc(self.clerk, self.person, "search", [("birthdate", "=", "2015-05-05")])
        with self.assertRaises(AccessError):
            self.rpc(self.clerk, self.env["spp.registry.id"], "search", [])

    def test_two_roles_in_one_person(self):
        both = self.make_user("clerk_and_viewer", BOOKER, "spp_programs.group_programs_viewer")
        self.assertEqual(self.rpc(both, self.person, "read", ["phone"])[0]["phone"], "+62 811")
        with self.assertRaises(AccessError):
            self.rpc(both, self.person, "read", ["birthdate"])
