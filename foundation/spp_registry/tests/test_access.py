# Part of the SPP attendance suite. LGPL-3.
"""What each role of the registry may do with registrants and identifiers, and what it is refused."""

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import RegistryCase


@tagged("post_install", "-at_install")
class TestAccess(RegistryCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.employee = cls.make_user("reg_employee")
        cls.viewer = cls.make_user("reg_viewer", "spp_registry.group_registry_viewer")
        cls.officer = cls.make_user("reg_officer", "spp_registry.group_registry_officer")
        cls.manager = cls.make_user("reg_manager", "spp_registry.group_registry_manager")
        cls.contact_manager = cls.make_user("reg_contact_manager", "base.group_partner_manager")
        cls.identifier = cls.env["spp.registry.id"].create(
            {"partner_id": cls.amina.id, "id_type_id": cls.id_type.id, "value": "0001"}
        )
        cls.membership = cls.env["spp.group.membership"].create({"group": cls.household.id, "individual": cls.amina.id})

    def test_employee_sees_no_identifiers(self):
        for record in (self.identifier, self.membership):
            with self.assertRaises(AccessError):
                record.with_user(self.employee).read(["display_name"])

    def test_viewer_reads_only(self):
        self.assertEqual(self.amina.with_user(self.viewer).reg_ids.value, "0001")
        self.assertEqual(self.membership.with_user(self.viewer).individual, self.amina)
        with self.assertRaises(AccessError):
            self.amina.with_user(self.viewer).phone = "1"
        with self.assertRaises(AccessError):
            self.partners.with_user(self.viewer).create({"is_registrant": True, "family_name": "No"})
        with self.assertRaises(AccessError):
            self.identifier.with_user(self.viewer).value = "0002"
        with self.assertRaises(AccessError):
            self.membership.with_user(self.viewer).ended_date = "2099-01-01 00:00:00"

    def test_officer_registers_and_edits(self):
        partner = self.partners.with_user(self.officer).create(
            {
                "is_registrant": True,
                "family_name": "Yes",
                "reg_ids": [Command.create({"id_type_id": self.id_type.id, "value": "0009"})],
                "individual_membership_ids": [Command.create({"group": self.household.id})],
            }
        )
        self.assertEqual(partner.name, "YES")
        partner.given_name = "Sir"
        self.assertEqual(partner.name, "YES, SIR")
        partner.reg_ids.status = "invalid"

    def test_officer_deletes_nothing(self):
        for record in (self.amina, self.identifier, self.membership):
            with self.assertRaises(AccessError):
                record.with_user(self.officer).unlink()

    def test_contact_manager_deletes_contacts_but_not_registrants(self):
        contact = self.partners.create({"name": "Plumber"})
        contact.with_user(self.contact_manager).unlink()
        self.assertFalse(contact.exists())
        with self.assertRaises(AccessError):
            self.omar.with_user(self.contact_manager).unlink()

    def test_manager_deletes(self):
        self.amina.with_user(self.manager).unlink()
        for record in (self.amina, self.identifier, self.membership):
            self.assertFalse(record.exists())

    def test_spp_administrator_is_registry_manager(self):
        admin = self.make_user("reg_spp_admin", "spp_security.group_spp_admin")
        self.assertTrue(admin.has_group("spp_registry.group_registry_manager"))

    def test_restricted_user_sees_only_own_contact(self):
        restricted = self.make_user(
            "reg_restricted", "spp_registry.group_registry_viewer", "spp_registry.group_registry_restrict_self"
        )
        found = self.partners.with_user(restricted).search([("id", "in", [self.amina.id, restricted.partner_id.id])])
        self.assertEqual(found, restricted.partner_id)

    def test_menus(self):
        root = self.env.ref("spp_registry.spp_main_menu_root")
        configuration = self.env.ref("spp_registry.spp_configuration_menu_root")
        expected = {
            self.employee: (False, False),
            self.viewer: (True, False),
            self.officer: (True, False),
            self.manager: (True, True),
        }
        for user, (sees_root, sees_configuration) in expected.items():
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            self.assertEqual((root.id in visible, configuration.id in visible), (sees_root, sees_configuration))
