# Part of the SPP attendance suite. LGPL-3.
"""The settings of a server: its connection test, its secret that nobody reads, and who may configure it."""

import json
import os
import ssl
import tempfile
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from odoo.tools.config import configmanager

from odoo.addons.spp_integrity import secret_box

from .server_common import AttendanceServerCase, double


@tagged("post_install", "-at_install")
class TestAttendanceSource(AttendanceServerCase):
    people_count = 1

    # --- connection

    def test_the_connection_test_says_what_worked_and_imports(self):
        shown = self.rpc(self.manager, self.source, "action_test_connection")["params"]
        self.assertEqual(shown["type"], "success")
        self.assertEqual(shown["message"].count("✓"), 5)
        self.assertEqual(self.source.type_ids.mapped("external_id"), ["3", "2"], "by name: Health check, Training")
        self.assertEqual(self.source.location_ids.name, "North school")

    def test_the_connection_test_stops_where_it_fails(self):
        self.source.secret = "wrong"
        shown = self.rpc(self.manager, self.source, "action_test_connection")["params"]
        self.assertEqual((shown["type"], shown["message"].count("✓"), shown["message"].count("✗")), ("danger", 1, 1))
        self.assertNotIn("wrong", shown["message"])

    def test_what_the_server_no_longer_has_is_archived(self):
        self.source._keep_catalogues({"types": [("2", "Training", ""), ("9", "Old", "")]})
        self.source._keep_catalogues({"types": [("2", "Class", "")]})
        types = self.source.with_context(active_test=False).type_ids
        self.assertEqual({kind.name: kind.active for kind in types}, {"Class": True, "Old": False})
        self.source._keep_catalogues({"types": [("9", "Old", "")]})
        self.assertEqual(self.source.type_ids.name, "Old", "back again")

    def test_settings_that_cannot_work_are_refused(self):
        for values, sentence in (
            ({"base_url": "ftp://x"}, "must look like"),
            ({"base_url": "http://x", "allow_http": False}, "must begin with https"),
            ({"base_url": "http://u:p@x", "allow_http": True}, "user name"),
            ({"types_endpoint": "https://evil.example.org/x"}, "must be a path"),
        ):
            with self.subTest(values=values):
                with self.assertRaises(ValidationError) as refused:
                    self.source.write(values)
                self.assertIn(sentence, str(refused.exception))
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.source.id_type_id = False
            self.env.flush_all()

    # --- secrets

    def test_nobody_reads_the_secret(self):
        admin = self.env.ref("base.user_admin")
        (admin | self.manager | self.viewer).group_ids += self.env.ref("base.group_allow_export")
        for user in (self.manager, admin, self.viewer):
            for name in ("secret", "has_secret"):
                value = self.rpc(user, self.source, "read", [name])[0][name]
                self.assertEqual(value, name == "has_secret", user.login)
            with self.assertRaises(AccessError):
                self.rpc(user, self.source, "read", ["secret_sealed"])
            with self.assertRaises(AccessError):
                self.rpc(user, self.source, "export_data", ["name", "secret_sealed"])
            self.assertEqual(self.rpc(user, self.source, "export_data", ["name", "secret"])["datas"], [["North", ""]])
            with self.assertRaises(AccessError):
                self.env["spp.attendance.source"].with_user(user).search([("secret_sealed", "like", "gAAAA")])
            whole = json.dumps(self.rpc(user, self.source, "read"), default=str)
            self.assertNotIn(double.CLIENT_SECRET, whole)
            self.assertNotIn(self.source.sudo().secret_sealed, whole)

    def test_no_question_tells_anything_of_the_secret(self):
        """Neither groups, orders and conditions, nor a way around over another model, nor tracking and messages."""
        run = self.run_fetched()
        admin = self.env.ref("base.user_admin")
        (admin | self.manager | self.officer).group_ids += self.env.ref("base.group_allow_export")
        sealed = self.source.sudo().secret_sealed
        for user in (admin, self.manager, self.officer):
            for records, method, *args in (
                (self.source, "search", [("secret_sealed", "=like", "g%")]),
                (self.source, "search_count", [("secret_sealed", "!=", False)]),
                (self.source, "search", [], 0, None, "secret_sealed"),
                (self.source, "web_search_read", [], {"secret_sealed": {}}),
                (self.source, "formatted_read_group", [], ["secret_sealed"], ["__count"]),
                (self.source, "formatted_read_group", [], [], ["secret_sealed:array_agg"]),
                (self.source, "web_read_group", [], ["secret_sealed"]),
                (run.chunk_ids, "search", [("source_id.secret_sealed", "!=", False)]),
                (run.chunk_ids, "search", [("source_id", "any", [("secret_sealed", "!=", False)])]),
                (run.chunk_ids, "web_search_read", [], {"source_id": {"fields": {"secret_sealed": {}}}}),
                (self.facts(), "formatted_read_group", [], ["source_id.secret_sealed"], ["__count"]),
            ):
                with self.subTest(user=user.login, method=method, args=args), self.assertRaises(AccessError):
                    self.rpc(user, records, method, *args)
            with self.assertRaises(AccessError):
                self.rpc(user, run.chunk_ids, "export_data", ["source_id/secret_sealed"])
            for method, *args in (
                ("search", [("secret", "=like", "%")]),
                ("formatted_read_group", [], ["secret"], ["__count"]),
            ):
                with self.assertRaises(ValueError, msg=method):
                    self.rpc(user, self.source, method, *args)
        tracked = self.source._track_get_fields()
        self.assertIn("base_url", tracked)
        self.assertTrue(tracked.isdisjoint({"secret", "secret_sealed"}), "what is tracked is kept in clear text")
        written = self.env.execute_query(
            SQL(
                "SELECT (SELECT COALESCE(string_agg(body, ' '), '') FROM mail_message)"
                " || (SELECT COALESCE(string_agg(message, ' '), '') FROM ir_logging)"
                " || (SELECT COALESCE(string_agg(value::text, ' '), '') FROM mail_tracking_value value)"
                " || (SELECT COALESCE(string_agg(source::text, ' '), '') FROM spp_attendance_source source)"
            )
        )[0][0]
        self.assertIn(sealed, written, "the query looks where it should")
        self.assertNotIn(double.CLIENT_SECRET, written)

    def test_an_error_does_not_repeat_the_secret(self):
        for values, error in (
            ({"base_url": "ftp://x"}, ValidationError),
            ({"types_endpoint": "https://evil.example.org/x"}, ValidationError),
            ({"page_size": 0}, IntegrityError),
        ):
            with self.assertRaises(error) as refused, mute_logger("odoo.sql_db"):
                self.rpc(self.manager, self.source, "write", {"secret": "show-me-not", **values})
                self.env.flush_all()
            self.assertNotIn("show-me-not", str(refused.exception))
        self.assertEqual(self.source._open_secret(), double.CLIENT_SECRET)

    def test_the_secret_does_not_come_back_from_saving(self):
        saved = self.rpc(
            self.manager, self.source, "web_save", {"secret": "new-secret"}, specification={"secret": {}, "name": {}}
        )
        self.assertEqual(saved[0]["secret"], False)
        self.assertEqual(self.source._open_secret(), "new-secret")
        created = self.new_source(name="Fresh")
        self.assertFalse(created.secret)
        self.assertEqual(created._open_secret(), double.CLIENT_SECRET)
        self.assertFalse(self.source.copy().has_secret)

    def test_the_database_holds_no_clear_text(self):
        row = self.env.execute_query(
            SQL("SELECT row_to_json(source)::text FROM spp_attendance_source source WHERE id = %s", self.source.id)
        )[0][0]
        self.assertNotIn(double.CLIENT_SECRET, row)

    def test_the_secret_stays_out_of_logs(self):
        with self.assertLogs(level="DEBUG") as logs:
            self.source.secret = "log-me-not"
            self.env.flush_all()
            self.rpc(self.manager, self.source, "action_test_connection")
            self.march._start_attendance_run()
            self.fetch()
        self.assertNotIn("log-me-not", "\n".join(logs.output))

    def test_saving_without_a_secret_keeps_it(self):
        self.source.write({"name": "Renamed", "secret": False})
        self.assertEqual(self.source._open_secret(), double.CLIENT_SECRET)

    def test_another_address_needs_the_secret_again(self):
        self.source.with_user(self.manager).base_url = "https://evil.example.org"
        self.assertFalse(self.source.has_secret)
        with self.assertRaisesRegex(UserError, "has no secret yet"):
            self.source.action_test_connection()
        self.source.write({"base_url": self.server.url, "secret": double.CLIENT_SECRET})
        self.assertTrue(self.source.has_secret)

    def test_without_a_key_a_sentence_says_what_to_set(self):
        for value in ("", "not a key"):
            with patch.dict(os.environ, {"SPP_SECRET_KEY": value}):
                with self.assertRaisesRegex(UserError, "SPP_SECRET_KEY"):
                    self.source.secret = "x"
                with self.assertRaisesRegex(UserError, "SPP_SECRET_KEY"):
                    self.source.action_test_connection()
                run = self.run_fetched()
                self.assertEqual(run.state, "failed")
                self.assertIn("SPP_SECRET_KEY", run.fetch_error)

    def test_keys_are_rotated(self):
        old, new = os.environ["SPP_SECRET_KEY"], Fernet.generate_key().decode()
        with patch.dict(os.environ, {"SPP_SECRET_KEY": f"{new},{old}"}):
            self.assertEqual(self.source._open_secret(), double.CLIENT_SECRET)
            self.rpc(self.manager, self.source, "action_seal_again")
        with patch.dict(os.environ, {"SPP_SECRET_KEY": new}):
            self.assertEqual(self.source._open_secret(), double.CLIENT_SECRET)
        with (
            patch.dict(os.environ, {"SPP_SECRET_KEY": old}),
            self.assertRaisesRegex(UserError, "kept with another key"),
        ):
            self.source.action_test_connection()

    def test_a_key_in_the_configuration_file_has_a_section_of_its_own(self):
        key = Fernet.generate_key().decode()
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            file.write(f"[options]\nlist_db = False\n\n[spp]\nsecret_key = {key}\n")
            file.flush()
            with (
                patch.dict(os.environ, {"SPP_SECRET_KEY": ""}),
                patch.object(secret_box, "config", {"config": file.name}),
            ):
                self.source.secret = "from-the-file"
                self.assertEqual(self.source._open_secret(), "from-the-file")
            with patch.dict(os.environ, {"SPP_SECRET_KEY": key}):
                self.assertEqual(self.source._open_secret(), "from-the-file")
            configuration = configmanager()
            with patch.object(configuration, "_log") as log:
                configuration._load_file_options(file.name)
            self.assertFalse(log.call_args_list, "Odoo warns of nothing")
            self.assertIs(configuration["list_db"], False, "and has read the file")

    # --- trust

    def test_authorities_are_pasted_and_never_a_file_of_this_server(self):
        for authorities in ("/etc/passwd", "/etc/ssl/certs/ca-certificates.crt", "file:///etc/passwd", "nonsense"):
            with self.subTest(authorities=authorities), self.assertRaises(ValidationError) as refused:
                self.rpc(self.manager, self.source, "write", {"authorities": authorities})
            self.assertIn("-----BEGIN CERTIFICATE-----", str(refused.exception))
        self.assertNotIn("ca_bundle", self.source._fields)

    def test_other_authorities_need_the_secret_again(self):
        pem = ssl.DER_cert_to_PEM_cert(ssl.create_default_context().get_ca_certs(binary_form=True)[0])
        self.rpc(self.manager, self.source, "write", {"authorities": pem})
        self.assertFalse(self.source.has_secret)
        self.rpc(self.manager, self.source, "write", {"secret": double.CLIENT_SECRET})
        with self.source._client() as client:
            self.assertEqual(Path(client._transport._verify).read_text(), pem)

    # --- roles

    def test_managers_configure_and_others_read(self):
        self.rpc(self.manager, self.source, "write", {"page_size": 50})
        self.assertEqual(self.source.page_size, 50)
        registrar = self.make_user("registrar", "spp_registry.group_registry_officer")
        for user in (self.viewer, self.officer, registrar):
            self.assertEqual(self.rpc(user, self.source, "read", ["base_url"])[0]["base_url"], self.server.url)
            for method, *args in (
                ("write", {"page_size": 7}),
                ("write", {"secret": "stolen"}),
                ("unlink",),
                ("action_test_connection",),
                ("action_seal_again",),
            ):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self.rpc(user, self.source, method, *args)
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.source, "unlink")
        employee = self.make_user("employee")
        with self.assertRaises(AccessError):
            self.rpc(employee, self.source, "read", ["name"])

    def test_private_methods_are_not_reachable(self):
        for method in ("_open_secret", "_client", "_seal", "_keep_catalogues"):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, self.source, method)

    def test_officers_go_on_with_runs_and_viewers_do_not(self):
        self.server.faults({"path": "/attendances", "status": 500})
        run = self.run_fetched()
        for method in ("action_continue", "action_decide_without_answers"):
            with self.assertRaises(AccessError):
                self.rpc(self.viewer, run, method)
        self.rpc(self.officer, run, "action_continue")
        self.assertEqual(run.state, "fetching")
        with self.assertRaisesRegex(UserError, "nothing to go on"):
            self.rpc(self.officer, run, "action_decide_without_answers")
        for user in (self.viewer, self.officer, self.manager):
            with self.assertRaises(AccessError):
                self.rpc(user, run, "write", {"state": "decided"})
            with self.assertRaises(AccessError):
                self.rpc(user, run.run_person_ids, "write", {"outcome": "answered"})

    def test_another_company_does_not_see_the_source(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.source.company_id = other
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.source, "read", ["name"])
        self.march.attendance_source_ids = False
        self.assertNotIn(self.source, self.march._start_attendance_run()._sources())
