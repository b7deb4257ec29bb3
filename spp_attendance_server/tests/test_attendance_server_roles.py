# Part of the SPP attendance suite. LGPL-3.
"""Who may use an attendance server and see what it answered."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_attendance_compliance.tests.roles_common import (
    MANAGERS,
    NOBODY,
    OFFICERS,
    PROGRAMS,
    READERS,
    RolesCase,
    models_of,
    remote_methods_of,
)

from .server_common import SecretKeyMixin

MODULE = "spp_attendance_server"
RUN = "spp.attendance.compliance.run"
#: Who may read, write, create and delete.
RIGHTS = {
    "spp.attendance.run.chunk": (PROGRAMS, NOBODY, NOBODY, NOBODY),
    "spp.attendance.source": (READERS, MANAGERS, MANAGERS, NOBODY),
}
METHODS = {
    (RUN, "action_continue"): OFFICERS,
    (RUN, "action_decide_without_answers"): OFFICERS,
    ("spp.attendance.source", "action_seal_again"): MANAGERS,
    ("spp.attendance.source", "action_test_connection"): MANAGERS,
}


@tagged("post_install", "-at_install")
class TestAttendanceServerRoles(SecretKeyMixin, RolesCase):
    """Officer go on with a run; manager use the connection; who reads programs sees the answers; no one else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_secret_key()
        vocabulary = cls.env["spp.vocabulary"].search([("namespace_uri", "=", "urn:openspp:vocab:id-type")])
        id_type = cls.env["spp.vocabulary.code"].create(
            {"vocabulary_id": vocabulary.id, "code": "school", "display": "School Number", "is_local": True}
        )
        source = cls.env["spp.attendance.source"].create(
            {
                "name": "North",
                "base_url": "https://attendance.example.org",
                "client_id": "office",
                "secret": "never-shown",
                "id_type_id": id_type.id,
                "company_id": cls.cycle.company_id.id,
            }
        )
        asked = {"run_id": cls.run_record.id, "source_id": source.id}
        chunk = cls.env["spp.attendance.run.chunk"].create({**asked, "question": "q", "digest": "d"})
        cls.records = {record._name: record for record in (cls.run_record, source, chunk)}
        cls.env.flush_all()

    def test_every_model_and_method_is_in_the_tables(self):
        self.assertEqual(models_of(self.env, MODULE), {"spp.attendance.run.chunk"})
        self.assertEqual(remote_methods_of(self.env, MODULE), set(METHODS))

    def test_rights(self):
        for name, (readers, writers, creators, deleters) in RIGHTS.items():
            record = self.records[name]
            with self.subTest(model=name):
                self.assertEqual(self.roles_with(record, "read", ["display_name"]), readers)
                self.assertEqual(self.roles_with(record, "export_data", ["display_name"]), readers)
                self.assertEqual(self.roles_with(record, "write", {}), writers)
                self.assertEqual(self.roles_with(record, "unlink"), deleters)
                self.assertEqual(
                    {role for role, user in self.users.items() if record.with_user(user).has_access("create")}, creators
                )

    def test_methods(self):
        self.startPatcher(patch.object(type(self.env["spp.attendance.source"]), "_client", side_effect=UserError("No")))
        for (name, method), roles in METHODS.items():
            with self.subTest(model=name, method=method):
                self.assertEqual(self.roles_with(self.records[name], method), roles)

    def test_another_company(self):
        """A manager of another company gets nothing of this one."""
        company = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere = self.make_user(
            "elsewhere",
            "spp_programs.group_programs_manager",
            "spp_registry.group_registry_officer",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        for name in RIGHTS:
            record = self.records[name]
            self.assertEqual(self.outcome(elsewhere, record, "read", ["display_name"]), "refused", name)
            self.assertFalse(self.env[name].with_user(elsewhere).search([("id", "=", record.id)]), name)
        for name, method in METHODS:
            self.assertEqual(self.outcome(elsewhere, self.records[name], method), "refused", (name, method))
