# Part of the SPP attendance suite. LGPL-3.
"""A cycle whose attendance comes from a double of a server, which tests steer, break and start again."""

import importlib.util
import os
import tempfile
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

from cryptography.fernet import Fernet

from odoo.tests import common as odoo_tests

from odoo.addons.spp_attendance_compliance.tests.common import AttendanceComplianceMixin
from odoo.addons.spp_integrity.tests.common import SuiteCase

_DOUBLE = Path(__file__).parents[2] / "doubles" / "attendance_server_process.py"
_spec = importlib.util.spec_from_file_location("attendance_server_process", _DOUBLE)
double = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(double)


class SecretKeyMixin:
    @classmethod
    def set_up_secret_key(cls):
        """A key of its own to encrypt the secrets of attendance servers."""
        key = patch.dict(os.environ, {"SPP_SECRET_KEY": Fernet.generate_key().decode()})
        key.start()
        cls.addClassCleanup(key.stop)


class AttendanceServerCase(SecretKeyMixin, AttendanceComplianceMixin, SuiteCase):
    """A program with a cycle in March 2026 whose attendance comes from a double of a server, a process of its own.

    Children NID-000000 ... have 12 attendances each, on 1 to 12 March 2026.
    """

    allow_inherited_tests_method = True
    generation = "S2"
    people_count = 9
    page_size = 2
    #: whether the cron may commit; without, everything happens in the test's transaction
    commits = False
    #: whether a job runner is used where there is one; else the cron asks
    has_jobs = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_compliance()
        cls.set_up_secret_key()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.server = cls.start_double(Path(folder.name) / "people.jsonl", list(cls.subscribers()))
        vocabulary = cls.env["spp.vocabulary"].search([("namespace_uri", "=", "urn:openspp:vocab:id-type")])
        cls.id_type = cls.env["spp.vocabulary.code"].create(
            {"vocabulary_id": vocabulary.id, "code": "school", "display": "School Number", "is_local": True}
        )
        cls.source = cls.new_source()
        cls.children = cls.make_people(*(f"Child {n}" for n in range(cls.people_count)))
        cls.identify(cls.children, [f"NID-{n:06}" for n in range(cls.people_count)])
        cls.school = cls.make_program("Schooling")
        cls.march = cls.new_cycle("2026-03-01", "2026-03-31")
        cls.join(cls.march, cls.children)

    @classmethod
    def subscribers(cls):
        yield from double.people(cls.people_count)
        yield from double.odd_people()

    @classmethod
    def start_double(cls, data, people, **settings):
        server = double.AttendanceServerProcess(data, generation=cls.generation, people=people, **settings)
        server.start()
        cls.addClassCleanup(server.stop)
        return server

    @classmethod
    def _request_handler(cls, session, request, /, **options):
        # Odoo's own guard does not understand a pair of time-outs
        if urlsplit(request.url).hostname == "127.0.0.1":
            return odoo_tests._super_send(session, request, **options)
        return super()._request_handler(session, request, **options)

    @classmethod
    def new_source(cls, **values):
        return cls.env["spp.attendance.source"].create(
            {
                "name": "North",
                "base_url": cls.server.url,
                "client_id": double.CLIENT_ID,
                "secret": double.CLIENT_SECRET,
                "id_type_id": cls.id_type.id,
                "tz": "America/Bogota",
                "page_size": cls.page_size,
                "allow_http": True,
                "read_timeout": 5,
                **values,
            }
        )

    @classmethod
    def new_cycle(cls, first, last, **values):
        values = {
            "name": f"{first} to {last} {values}",
            "attendance_required": True,
            "attendance_measure": "days",
            "attendance_threshold": 10,
            "attendance_source_ids": cls.source.ids,
            **values,
        }
        return cls.make_cycle(cls.school, first, last, **values)

    @classmethod
    def identify(cls, partners, identifiers, **values):
        return cls.env["spp.registry.id"].create(
            [
                {"partner_id": partner.id, "id_type_id": cls.id_type.id, "value": identifier, **values}
                for partner, identifier in zip(partners, identifiers, strict=True)
            ]
        )

    def setUp(self):
        super().setUp()
        self.server.faults()
        self.server.forget_requests()
        if not self.has_jobs:
            self.startPatch(self.env["spp.run.later"], "_has_job_runner", lambda cycles: False)
        if not self.commits:
            self.startPatch(self.env["ir.cron"], "_commit_progress", lambda *args, **options: 60.0)
        quick = patch("odoo.addons.spp_attendance_server.clients.transport.time.sleep")
        self.startPatcher(quick)

    def startPatch(self, target, name, value):
        self.startPatcher(patch.object(type(target), name, value))

    def fetch(self):
        """What the cron does, in this transaction."""
        self.env["spp.attendance.compliance.run"]._cron_fetch()

    def run_fetched(self, cycle=None):
        run = (cycle or self.march)._start_attendance_run()
        self.fetch()
        return run

    def facts(self, **domain):
        return self.env["spp.event.attendance"].search(
            [("source_id", "=", self.source.id)] + [(name, "=", value) for name, value in domain.items()],
            order="external_id",
        )

    def token(self):
        value = {"client_id": double.CLIENT_ID, "client_secret": double.CLIENT_SECRET}
        return {"Authorization": f"Bearer {self.server.call('POST', '/auth/token', value)[1]['access_token']}"}

    def delete_at_server(self, *row_ids):
        self._change_at_server("DELETE", f"/attendances?ids={','.join(map(str, row_ids))}")

    def change_at_server(self, row_id, **time_card):
        self._change_at_server(
            "PUT",
            "/attendances",
            {
                "submitted_by": "clerk",
                "submitted_datetime": "2026-03-20 09:00:00",
                "records": [{"id": row_id, "time_card": time_card}],
            },
        )

    def _change_at_server(self, *request):
        self.addCleanup(self.restart_double)
        status, answer = self.server.call(*request, headers={**self.token(), "Content-Type": "application/json"})
        self.assertEqual(status, 200, answer)

    def restart_double(self):
        """Start it again on the same port, with the data it had in the beginning."""
        self.server.stop()
        self.server.start()

    def asked(self):
        """The people of each question so far."""
        return [request["person_ids"] for request in self.server.requests("/attendances")]

    def asked_people(self):
        return [identifier for people in self.asked() for identifier in people]
