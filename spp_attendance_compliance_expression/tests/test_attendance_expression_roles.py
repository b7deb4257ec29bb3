# Part of the SPP attendance suite. LGPL-3.
"""Who may do what with managers of a program whose criterion is an attendance expression."""

from odoo.tests import tagged

from odoo.addons.spp_attendance_compliance.tests.roles_common import (
    MANAGERS,
    OFFICERS,
    PROGRAMS,
    RolesCase,
    models_of,
    remote_methods_of,
)

MODULE = "spp_attendance_compliance_expression"
#: Who may read, write, create and delete.
RIGHTS = {
    "spp.program.membership.manager.attendance.expression": (PROGRAMS, MANAGERS, MANAGERS, MANAGERS),
    "spp.compliance.manager.attendance.expression": (PROGRAMS, MANAGERS, MANAGERS, MANAGERS),
}
METHODS = {
    ("spp.program.membership.manager.attendance.expression", "import_eligible_registrants"): OFFICERS,
    ("spp.compliance.manager.attendance.expression", "get_compliance_domain"): PROGRAMS,
}


@tagged("post_install", "-at_install")
class TestAttendanceExpressionRoles(RolesCase):
    """Officer import; manager choose; who reads programs read; no one else: past every screen too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        period = {"period": "dates", "date_from": "2025-10-01", "date_to": "2025-10-31"}
        expression = cls.env["spp.attendance.expression"].create(
            {"name": "Regular", "target": "individual", "expression": "true", **period}
        )
        cls.values = {"program_id": cls.program.id, "expression_id": expression.id}
        cls.records = {name: cls.env[name].create(cls.values) for name in RIGHTS}
        cls.env.flush_all()

    def test_every_model_and_method_is_in_the_tables(self):
        self.assertEqual(models_of(self.env, MODULE), set(RIGHTS))
        self.assertEqual(remote_methods_of(self.env, MODULE), set(METHODS))

    def test_rights(self):
        for name, (readers, writers, creators, deleters) in RIGHTS.items():
            record = self.records[name]
            with self.subTest(model=name):
                self.assertEqual(self.roles_with(record, "read", ["display_name"]), readers)
                self.assertEqual(self.roles_with(record, "export_data", ["display_name"]), readers)
                self.assertEqual(self.roles_with(record, "write", {"name": "Other"}), writers)
                self.assertEqual(self.roles_with(record, "unlink"), deleters)
                self.assertEqual(
                    {role for role, user in self.users.items() if record.with_user(user).has_access("create")}, creators
                )

    def test_methods(self):
        for (name, method), roles in METHODS.items():
            with self.subTest(model=name, method=method):
                self.assertEqual(self.roles_with(self.records[name], method), roles)
