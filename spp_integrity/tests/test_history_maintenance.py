# Part of the SPP attendance suite. LGPL-3.
"""History that nobody changes, the one way past it, and its log, which is history itself."""

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger


@tagged("post_install", "-at_install")
class TestHistoryMaintenance(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.maintenance = cls.env["spp.history.maintenance"]

    def _refused(self, query, *arguments):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(psycopg2.errors.RestrictViolation, "History is never changed or deleted"),
            self.env.cr.savepoint(),
        ):
            self.env.cr.execute(SQL(query, *arguments))

    def test_orm_and_sql_refuse(self):
        with self.maintenance._allow("merge", "Two became one") as done:
            pass
        for attempt in (lambda: done.write({"reason": "Another"}), done.unlink):
            with self.assertRaisesRegex(UserError, "History is never changed"):
                attempt()
        self._refused("UPDATE spp_history_maintenance SET reason = 'Another' WHERE id = %s", done.id)
        self._refused("DELETE FROM spp_history_maintenance WHERE id = %s", done.id)
        self.env.cr.execute(SQL("UPDATE spp_history_maintenance SET write_date = '2001-01-01' WHERE id = %s", done.id))

    def test_maintenance_reaches_only_what_is_declared(self):
        for kind in ("merge", "anonymise", "detach"):
            with self.maintenance._allow(kind, "Trying") as done:
                self._refused("UPDATE spp_history_maintenance SET reason = 'Another' WHERE id = %s", done.id)
                self._refused("DELETE FROM spp_history_maintenance WHERE id = %s", done.id)
            self.assertFalse(done.line_ids)

    def test_permission_needs_its_own_log_row(self):
        with self.maintenance._allow("merge", "Yesterday") as done:
            self.env.cr.execute("SELECT current_setting('spp.maintenance')")
            self.assertEqual(self.env.cr.fetchone(), (str(done.id),))
        self.env.cr.execute("SELECT current_setting('spp.maintenance')")
        self.assertEqual(self.env.cr.fetchone(), ("",))

    def test_permission_ends_with_an_error(self):
        with self.assertRaises(ZeroDivisionError), self.maintenance._allow("merge", "Broken"):
            raise ZeroDivisionError
        self.env.cr.execute("SELECT current_setting('spp.maintenance')")
        self.assertEqual(self.env.cr.fetchone(), ("",))

    def test_only_the_system(self):
        admin = self.maintenance.with_user(self.env.ref("base.user_admin"))
        with self.assertRaises(AccessError), admin._allow("merge", "By hand"):
            pass
        with self.assertRaises(AccessError):
            admin.create(
                {"kind": "merge", "reason": "x", "user_id": 2, "date": "2025-01-01", "transaction_number": "1"}
            )

    def test_every_history_has_its_trigger(self):
        tables = {
            model._table
            for model in self.env.values()
            if not model._abstract and "spp.append.only.mixin" in self._inherited(model)
        }
        self.assertIn("spp_history_maintenance", tables)
        rows = self.env.execute_query(
            SQL(
                "SELECT tgrelid::regclass::text FROM pg_trigger"
                " WHERE tgfoid = 'spp_guard_history'::regproc AND tgenabled = 'O'"
            )
        )
        self.assertEqual({table for (table,) in rows}, tables)

    def _inherited(self, model):
        return {base._name for base in type(model).__mro__ if getattr(base, "_name", None)}
