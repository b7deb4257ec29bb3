# Part of the SPP attendance suite. LGPL-3.
"""History that nobody changes, the one way past it, and its log, which is history itself."""

import psycopg2

from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged
from odoo.tools import SQL, mute_logger

#: Columns of history that hold a text and are not blanked when it is made anonymous, with the reason.
KEPT_TEXTS = {
    "spp.attendance.assessment.evidence_hash": "shows that what was counted is the same",
    "spp.attendance.decision.evidence_hash": "shows that what was counted is the same",
    "spp.attendance.scan.direction": "a key that was pressed",
    "spp.attendance.scan.event_key": "keeps a punch that is sent again from being stored twice",
    "spp.attendance.scan.time_text": "decides the moment",
    "spp.attendance.scan.tz": "decides the moment",
    "spp.attendance.scan.verification": "a number: how the terminal knew somebody",
    "spp.attendance.scan.work_code": "a number of the terminal",
    "spp.entitlement.transactions.card_type": "a kind of card",
    "spp.entitlement.transactions.service_point_device_id": "code of a device",
    "spp.entitlement.transactions.transaction_uuid": "keeps a transaction that is sent again from being booked twice",
    "spp.entitlement.transactions.transaction_zone": "decides the day",
    "spp.event.attendance.correction.new_values": "status and moments decide",
    "spp.event.attendance.correction.old_values": "status and moments decide",
    "spp.event.attendance.version.former": "the row that was counted",
    "spp.history.maintenance.line.table_name": "no text of people",
    "spp.history.maintenance.reason": "holds ids, no names",
    "spp.history.maintenance.transaction_number": "ends the permission",
    "spp.inkind.entitlement.transactions.card_type": "a kind of card",
    "spp.inkind.entitlement.transactions.service_point_device_id": "code of a device",
    "spp.inkind.entitlement.transactions.transaction_uuid": "keeps a transaction that is sent again from being booked twice",
    "spp.inkind.entitlement.transactions.transaction_zone": "decides the day",
}


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

    def test_texts_of_history_are_anonymised_or_kept_for_a_reason(self):
        texts = {
            f"{model._name}.{name}"
            for model in self.env.values()
            if not model._abstract and "spp.append.only.mixin" in self._inherited(model)
            for name, field in model._fields.items()
            if field.store and field.type in ("char", "text", "html", "json", "binary", "image")
            if name not in model._append_only_declared("_append_only_except")
            and name not in model._append_only_declared("_append_only_anonymise")
        }
        self.assertEqual(texts, set(KEPT_TEXTS))

    def test_no_history_is_truncated(self):
        for model in self.env.values():
            if not model._abstract and "spp.append.only.mixin" in self._inherited(model):
                with (
                    self.subTest(model=model._name),
                    mute_logger("odoo.sql_db"),
                    self.assertRaises(psycopg2.errors.RestrictViolation),
                    self.env.cr.savepoint(),
                ):
                    self.env.cr.execute(SQL("TRUNCATE %s CASCADE", SQL.identifier(model._table)))

    def _inherited(self, model):
        return {base._name for base in type(model).__mro__ if getattr(base, "_name", None)}
