# Part of the SPP attendance suite. LGPL-3.
"""Areas, their types, who maintains them, and users who see registrants of their own areas only."""

from lxml import etree
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_integrity.tests.common import SuiteCase


@tagged("post_install", "-at_install")
class TestArea(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.areas = cls.env["spp.area"]
        cls.north = cls.areas.create({"draft_name": "North", "code": "N"})
        cls.village = cls.areas.create({"draft_name": "Village", "parent_id": cls.north.id})
        cls.south = cls.areas.create({"draft_name": "South"})
        cls.registrants = cls.env["res.partner"].create(
            [
                {"is_registrant": True, "family_name": area.draft_name, "area_id": area.id}
                for area in (cls.north, cls.village, cls.south)
            ]
        )
        cls.employee = cls.make_user("area_employee")
        cls.viewer = cls.make_user("area_viewer", "spp_area.group_area_viewer", "spp_registry.group_registry_viewer")
        cls.officer = cls.make_user("area_officer", "spp_area.group_area_officer")
        cls.manager = cls.make_user("area_manager", "spp_area.group_area_manager")

    def test_names_and_level(self):
        self.assertEqual(self.north.name, "North (N)")
        self.assertEqual(self.village.complete_name, "North (N) > Village")
        self.assertEqual((self.north | self.village).mapped("area_level"), [0, 1])
        self.north.write({"code": "NN", "parent_id": self.south.id})
        self.assertEqual(self.village.complete_name, "South > North (NN) > Village")
        self.assertEqual(self.village.area_level, 2)
        self.assertEqual(self.village.parent_path, f"{self.south.id}/{self.north.id}/{self.village.id}/")
        self.assertEqual(self.south.child_ids, self.north)

    def test_no_loop(self):
        with self.assertRaises(UserError):
            self.north.parent_id = self.village

    @mute_logger("odoo.sql_db")
    def test_code_is_unique(self):
        self.areas.create({"draft_name": "No code either"})
        with self.assertRaises(IntegrityError):
            self.areas.create({"draft_name": "Nowhere", "code": "N"})

    def test_area_type(self):
        root = self.env.ref("spp_area.admin_area_type")
        child = self.env["spp.area.type"].create({"name": "District", "parent_id": root.id})
        self.assertEqual(child.display_name, "Administrative Area > District")

    def test_users_have_no_center_areas(self):
        self.assertFalse(self.viewer.center_area_ids)
        self.assertTrue(self.env["res.users"]._fields["center_area_ids"].store)

    def test_center_areas_bound_what_a_user_sees(self):
        partners = self.env["res.partner"].with_user(self.viewer)
        domain = [("id", "in", self.registrants.ids)]
        self.assertEqual(partners.search_count(domain), 3)
        self.viewer.center_area_ids = self.north
        self.assertEqual(partners.search(domain).area_id, self.north | self.village)
        with self.assertRaises(AccessError):
            self.registrants[2].with_user(self.viewer).read(["name"])
        self.viewer.center_area_ids = False
        self.assertEqual(partners.search_count(domain), 3)

    def test_employee_and_viewer_read_only(self):
        for user in (self.employee, self.viewer):
            self.assertEqual(self.north.with_user(user).draft_name, "North")
            with self.assertRaises(AccessError):
                self.north.with_user(user).draft_name = "Other"
            with self.assertRaises(AccessError):
                self.areas.with_user(user).create({"draft_name": "New"})

    def test_officer_edits_and_manager_deletes(self):
        area = self.areas.with_user(self.officer).create({"draft_name": "New"})
        area.draft_name = "Newer"
        self.env["spp.area.type"].with_user(self.officer).create({"name": "Ward"})
        with self.assertRaises(AccessError):
            area.unlink()
        area.with_user(self.manager).unlink()
        self.assertFalse(area.exists())

    def test_form_shows_the_area_of_individuals_and_groups(self):
        form = etree.fromstring(self.env.ref("spp_registry.view_individuals_form").get_combined_arch())
        self.assertEqual(len(form.findall(".//field[@name='area_id']")), 2)

    def test_menu_is_for_viewers(self):
        menu = self.env.ref("spp_area.menu_spparea")
        types = self.env.ref("spp_area.menu_spparea_type")
        registry = self.env.ref("spp_registry.group_registry_viewer")
        self.viewer.group_ids |= registry
        self.employee.group_ids |= registry
        visible = self.env["ir.ui.menu"].with_user(self.viewer)._visible_menu_ids()
        self.assertIn(menu.id, visible)
        self.assertNotIn(types.id, visible)
        self.assertNotIn(menu.id, self.env["ir.ui.menu"].with_user(self.employee)._visible_menu_ids())
