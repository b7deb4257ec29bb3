# Part of the SPP attendance suite. LGPL-3.
"""Service points are disabled and taken back into use, and each role does with them what it may."""

from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.spp_integrity.tests.common import SuiteCase


@tagged("post_install", "-at_install")
class TestServicePoint(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.points = cls.env["spp.service.point"]
        cls.shop = cls.points.create({"name": "Market shop", "phone_no": "0470 12 34 56"})
        cls.employee = cls.make_user("sp_employee")
        cls.registry_viewer = cls.make_user("sp_registry_viewer", "spp_registry.group_registry_viewer")
        cls.viewer = cls.make_user("sp_viewer", "spp_service_points.group_service_points_viewer")
        cls.officer = cls.make_user("sp_officer", "spp_service_points.group_service_points_officer")
        cls.manager = cls.make_user("sp_manager", "spp_service_points.group_service_points_manager")

    def test_disable_and_enable(self):
        with freeze_time("2028-02-29 10:00:00"):
            self.shop.disable_service_point()
        self.assertTrue(self.shop.is_disabled)
        self.assertEqual(self.shop.disabled_date, date(2028, 2, 29))
        with self.assertRaises(UserError):
            self.shop.disable_service_point()
        self.shop.disabled_reason = "moved"
        self.shop.enable_service_point()
        self.assertFalse(self.shop.is_disabled or self.shop.disabled_date or self.shop.disabled_reason)
        with self.assertRaises(UserError):
            self.shop.enable_service_point()

    def test_employee_sees_nothing(self):
        with self.assertRaises(AccessError):
            self.shop.with_user(self.employee).read(["name"])

    def test_viewers_read_only(self):
        for user in (self.registry_viewer, self.viewer):
            self.assertEqual(self.shop.with_user(user).name, "Market shop")
            with self.assertRaises(AccessError):
                self.shop.with_user(user).disable_service_point()
            with self.assertRaises(AccessError):
                self.points.with_user(user).create({"name": "Other"})

    def test_officer_edits_and_manager_deletes(self):
        shop = self.points.with_user(self.officer).create({"name": "Harbour shop"})
        shop.disable_service_point()
        with self.assertRaises(AccessError):
            shop.unlink()
        shop.with_user(self.manager).unlink()
        self.assertFalse(shop.exists())

    def test_app_is_for_viewers(self):
        root = self.env.ref("spp_service_points.service_points_main_menu_root")
        self.assertIn(root.id, self.env["ir.ui.menu"].with_user(self.viewer)._visible_menu_ids())
        self.assertNotIn(root.id, self.env["ir.ui.menu"].with_user(self.registry_viewer)._visible_menu_ids())

    def test_service_types(self):
        code = self.env["spp.vocabulary.code"].get_or_create("urn:openspp:vocab:service-types", "cash", "Cash")
        self.shop.service_type_ids = code
        self.assertEqual(self.points.search([("service_type_ids.code", "=", "cash")]), self.shop)
