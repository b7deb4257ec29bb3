# Part of the SPP attendance suite. LGPL-3.
"""What decides is traced: nobody mutes, edits or deletes the tracked changes of the suite's models."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SuiteCase

#: Models of the suite and of OpenSPP with tracked fields that decide nothing, and why.
_DECIDES_NOTHING = {
    "spp.attendance.follow.up": "reminds of what registers say",
    "spp.service.point": "where goods are handed out; its devices are traced",
    "spp.event.data": "its facts have a ledger and a history of their own",
}
MUTED = {"tracking_disable": True, "mail_notrack": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}
_TEXTS = ("char", "text")
_NUMBERS = ("integer", "float", "monetary")


@tagged("post_install", "-at_install")
class TestTrace(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # as a client calls: nothing in the context
        cls.env = cls.env(context={})
        if "spp.cycle" in cls.env:
            (person,) = cls.make_people("Ana")
            cls.program = cls.make_program()
            cls.cycle = cls.make_cycle(cls.program, members=person)
            cls.env["spp.entitlement"].create({"partner_id": person.id, "cycle_id": cls.cycle.id, "initial_amount": 20})
        cls.admin = cls.make_user("trace_admin", "base.group_system", "spp_security.group_spp_admin")

    def _tracked(self):
        """Models of the suite with tracked fields."""
        for name in sorted(self.env.registry):
            model = self.env[name]
            is_thread = model._auto and not model._abstract and hasattr(model, "_track_get_fields")
            if name.startswith("spp.") and is_thread and model.sudo()._track_get_fields():
                yield model

    def test_all_that_is_tracked_is_traced_or_decides_nothing(self):
        models = list(self._tracked())
        self.assertTrue(models)
        untraced = {model._name for model in models if not model._traced}
        self.assertEqual(untraced, _DECIDES_NOTHING.keys() & {model._name for model in models})

    def test_nobody_mutes_a_tracked_change(self):
        """Each plain tracked field of each traced model of which there is a record, as the system with a client's context."""
        written = set()
        for model in self._tracked():
            if not model._traced:
                continue
            record = model.sudo().search([], limit=1, order="id desc")
            for name in sorted(model.sudo()._track_get_fields()) if record else ():
                field = model._fields[name]
                if field.compute or field.related or field.type not in ("boolean", *_TEXTS, *_NUMBERS):
                    continue
                value = self._other_value(record, field)
                with self.subTest(model=model._name, field=name):
                    before = self._values_of(record)
                    with self.env.cr.savepoint(flush=True):
                        record.with_context(**MUTED).write({name: value})
                        self._finish()
                    self.assertIn(name, (self._values_of(record) - before).field_id.mapped("name"))
                    written.add(name)
        self.assertGreater(len(written), 8)

    def test_nobody_edits_or_deletes_a_trace(self):
        self.program.name = "Other"
        self._finish()
        message = self._values_of(self.program).mail_message_id
        kept = "stays on record"
        for method, arguments in (("unlink", ()), ("write", ({"body": "Nothing"},)), ("write", ({"res_id": 0},))):
            self.assertRefused(self.admin, message, method, *arguments, says=kept)
        values = message.sudo().tracking_value_ids
        self.assertRefused(self.admin, values, "unlink", says=kept)
        self.assertRefused(self.admin, values, "write", {"old_value_char": "Else"}, says=kept)
        with self.assertRaisesRegex(AccessError, kept):
            self.rpc_create(
                self.admin, "mail.tracking.value", {"mail_message_id": message.id, "new_value_char": "Else"}
            )

    def test_a_comment_is_its_author_s(self):
        user = self.make_user("trace_author", "spp_programs.group_programs_manager")
        message = self.env["mail.message"].browse(
            self.rpc(user, self.program, "message_post", body="Asked", message_type="comment")
        )
        self.assertRefused(self.admin, message, "unlink", says="stays on record")
        self.rpc(user, message, "unlink")
        self.assertFalse(message.exists())

    def test_what_the_system_noted_stays(self):
        note = self.program.message_post(body="Filtered: 22 compliant")
        for method, arguments in (("unlink", ()), ("write", ({"body": "Filtered: 23 compliant"},))):
            self.assertRefused(self.admin, note, method, *arguments, says="stays on record")

    def test_nobody_forges_a_trace(self):
        user = self.make_user("trace_forger", "spp_programs.group_programs_manager")
        field = self.env["ir.model.fields"]._get("spp.program", "state")
        tracked = [(0, 0, {"field_id": field.id, "old_value_char": "Draft", "new_value_char": "Approved"})]
        other = self.admin.partner_id.id
        for claimed in ({"author_id": other}, {"date": "2025-01-01 00:00:00"}, {"tracking_value_ids": tracked}):
            values = {"model": "spp.program", "res_id": self.program.id, "body": "Approved", **claimed}
            with self.subTest(claimed=claimed):
                with self.assertRaises(AccessError):
                    self.rpc_create(user, "mail.message", values)
                self.assertRefused(user, self.program, "message_post", body="Approved", **claimed)

    def _other_value(self, record, field):
        value = record[field.name]
        if field.type == "boolean":
            return not value
        if field.type in _TEXTS:
            return f"{value} x"
        return value / 2 if value and field.type != "integer" else value + 1

    def _finish(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def _values_of(self, record):
        return (
            self.env["mail.tracking.value"]
            .sudo()
            .search([("mail_message_id.model", "=", record._name), ("mail_message_id.res_id", "=", record.id)])
        )
