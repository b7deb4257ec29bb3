# Part of the SPP attendance suite. LGPL-3.
"""Who sees registrants: nobody without a role, and birth dates and the like only those who look into the registry."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AccessCase

PERSONAL = ("birthdate", "gender_id", "disabled_reason", "reg_ids")


@tagged("post_install", "-at_install")
class TestPersonalData(AccessCase):
    """Who sees registrants at all, and who sees their personal data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Supplier", "phone": "+62 21"})
        cls.employee = cls.user("employee")
        cls.buyer = cls.user("buyer", "base.group_partner_manager")
        cls.reader = cls.user("reader", "spp_registry_access.group_registrant_read")
        cls.viewer = cls.user("registry_viewer", "spp_registry.group_registry_viewer")
        cls.partners = cls.env["res.partner"]

    def found_by_name(self, user, text):
        return {partner_id for partner_id, _name in self.rpc(user, self.partners, "name_search", text)}

    def test_without_a_role_nobody_sees_registrants(self):
        for user in (self.employee, self.buyer):
            self.assertSees(user, self.supplier, self.amina)
            self.assertFalse(self.found_by_name(user, "Amina"))
            self.assertIn(self.supplier.id, self.found_by_name(user, "Supplier"))
            for field, value in (("phone", "+62 811 Amina"), ("name", "Amina"), ("is_registrant", True)):
                self.assertFalse(
                    self.rpc(user, self.partners, "search", [(field, "=", value), ("id", "=", self.amina.id)])
                )
            self.assertRefused(user, self.amina, "read", ["phone"])
            self.assertRefused(user, self.amina, "export_data", ["phone"])
        self.assertRefused(self.buyer, self.amina, "write", {"phone": "1"})
        self.assertRefused(self.buyer, self.amina, "unlink")
        self.rpc(self.buyer, self.supplier, "write", {"phone": "1"})
        self.assertEqual(self.supplier.phone, "1")
        self.assertRefused(self.buyer, self.partners, "create", [{"name": "New", "is_registrant": True}])

    def test_everybody_sees_oneself(self):
        self.employee.partner_id.is_registrant = True
        [data] = self.rpc(self.employee, self.employee.partner_id, "read", ["name"])
        self.assertEqual(data["name"], self.employee.name)

    def test_who_meets_registrants_reads_no_personal_data(self):
        self.assertSees(self.reader, self.amina | self.bilal | self.supplier, self.chen)
        self.assertEqual(self.rpc(self.reader, self.amina, "read", ["phone"])[0]["phone"], "+62 811 Amina")
        for user in (self.reader, self.employee):
            for field in PERSONAL:
                with self.subTest(user=user.login, field=field):
                    for method, args in (
                        ("read", [[field]]),
                        ("web_read", [{field: {}}]),
                        ("export_data", [[field]]),
                        ("write", [{field: False}]),
                    ):
                        with self.assertRaises(AccessError):
                            self.rpc(user, self.amina, method, *args)
                    with self.assertRaises(AccessError):
                        self.rpc(user, self.partners, "search", [(field, "!=", False)])
                    with self.assertRaises(AccessError):
                        self.rpc(user, self.partners, "search", [], order="birthdate")
                    if field in ("birthdate", "gender_id"):
                        group = "birthdate:year" if field == "birthdate" else field
                        with self.assertRaises(AccessError):
                            self.rpc(user, self.partners, "formatted_read_group", [], [group], ["__count"])
            self.assertFalse(set(PERSONAL) & set(self.rpc(user, self.partners, "fields_get")))

    def test_a_registry_viewer_reads_all(self):
        [data] = self.rpc(self.viewer, self.amina, "read", ["phone", *PERSONAL])
        self.assertEqual((data["phone"], str(data["birthdate"])), ("+62 811 Amina", "2015-05-05"))
        self.assertEqual(
            self.rpc(self.viewer, self.partners, "search", [("birthdate", "=", "2015-05-05"), ("name", "=", "Amina")]),
            self.amina.ids,
        )
        groups = self.rpc(
            self.viewer, self.partners, "formatted_read_group", [("id", "=", self.amina.id)], ["birthdate:year"], []
        )
        self.assertEqual(len(groups), 1)
        self.assertEqual(self.rpc(self.viewer, self.amina, "export_data", ["birthdate"])["datas"][0][0].year, 2015)
        self.assertIn(self.amina.id, self.found_by_name(self.viewer, "Amina"))
        self.assertNotIn(self.chen.id, self.found_by_name(self.viewer, "Chen"))
