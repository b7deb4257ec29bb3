# Part of the SPP attendance suite. LGPL-3.
"""Who writes expressions, who previews them, and what birth dates and companies nobody finds out by them."""

from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_session_tracking.tests.common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestAttendanceExpressionAccess(SessionTrackingCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.viewer = cls.make_user("session_viewer", "spp_session_tracking.group_session_viewer")
        cls.employee = cls.make_user("employee")
        cls.expression = cls.env["spp.attendance.expression"].create({"name": "Adults", "expression": "age >= 18"})

    def make(self, user, **vals):
        values = {"name": "Regular", "expression": "attendance.rate() >= 80", **vals}
        return self.rpc_create(user, "spp.attendance.expression", values)

    def test_manager_writes(self):
        expression = self.make(self.manager)
        self.rpc(self.manager, expression, "write", {"expression": "attendance.rate() >= 90"})
        self.assertEqual(expression.expression, "attendance.rate() >= 90")
        with self.assertRaisesRegex(ValidationError, "Line 1, column 1: nothing is not known here"):
            self.rpc(self.manager, expression, "write", {"expression": "nothing > 1"})
        self.rpc(self.manager, expression, "unlink")
        self.assertFalse(expression.exists())

    def test_viewer_and_facilitator_read_and_preview(self):
        for user in (self.viewer, self.facilitator):
            self.assertEqual(self.rpc(user, self.expression, "read", ["name"])[0]["name"], "Adults")
            action = self.rpc(user, self.expression, "action_preview")
            preview = self.env[action["res_model"]].browse(action["res_id"])
            partners = {"fields": {"name": {}, "area_id": {"fields": {"display_name": {}}}}}
            shown = self.rpc(
                user,
                preview,
                "web_read",
                specification={"unknown_count": {}, "unknown_ids": partners, "matching_ids": partners},
            )
            self.assertEqual(shown[0]["unknown_count"], preview.unknown_count)
            for method, args in (("write", [{"expression": "true"}]), ("unlink", [])):
                with self.assertRaises(AccessError):
                    self.rpc(user, self.expression, method, *args)
            with self.assertRaises(AccessError):
                self.make(user)
            with self.assertRaises(AccessError):
                self.rpc(user, preview, "write", {"matching_count": 7})
        self.assertEqual(self.expression.expression, "age >= 18")

    def test_birth_dates_are_for_who_writes_conditions(self):
        spec = {"unknown_ids": {"fields": {"birthdate": {}}}}
        for user in (self.viewer, self.facilitator):
            action = self.rpc(user, self.expression, "action_preview")
            preview = self.env[action["res_model"]].browse(action["res_id"])
            with self.assertRaisesRegex(AccessError, "birthdate"):
                self.rpc(user, preview, "web_read", specification=spec)
            views = self.rpc(user, preview.browse(), "get_views", [(False, "form")])["views"]
            self.assertNotIn("birthdate", views["form"]["arch"])
        action = self.rpc(self.manager, self.expression, "action_preview")
        preview = self.env[action["res_model"]].browse(action["res_id"])
        [shown] = self.rpc(self.manager, preview, "web_read", specification=spec)
        self.assertTrue(preview.unknown_count)
        self.assertEqual(
            [set(person) for person in shown["unknown_ids"]], [{"id", "birthdate"}] * preview.unknown_count
        )

    def test_others_have_nothing(self):
        for method, args in (("read", [["name"]]), ("action_preview", []), ("write", [{"name": "Other"}])):
            with self.assertRaises(AccessError, msg=method):
                self.rpc(self.employee, self.expression, method, *args)
        with self.assertRaises(AccessError):
            self.make(self.employee)
        with self.assertRaises(AccessError):
            self.rpc(
                self.employee,
                self.env["spp.attendance.expression.preview"],
                "create",
                {"expression_id": self.expression.id},
            )

    def test_the_python_interface_cannot_be_called_from_afar(self):
        for method in ("_evaluate", "_matching"):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, self.expression, method, self.people.ids)

    def test_a_preview_belongs_to_its_user(self):
        action = self.rpc(self.manager, self.expression, "action_preview")
        preview = self.env[action["res_model"]].browse(action["res_id"])
        with self.assertRaises(AccessError):
            self.rpc(self.viewer, preview, "read", ["unknown_ids"])

    def test_a_preview_cannot_be_dictated(self):
        vals = {"expression_id": self.expression.id, "matching_count": 999, "matching_ids": [Command.set([1])]}
        preview = self.rpc_create(self.viewer, "spp.attendance.expression.preview", vals)
        self.assertNotEqual(preview.matching_count, 999)

    def test_other_companies_expressions(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.expression.company_id = company
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.expression, "action_preview")
        self.expression.company_id = False
        self.rpc(self.manager, self.expression, "action_preview")
