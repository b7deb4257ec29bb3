# Part of the SPP attendance suite. LGPL-3.
"""Which fields nobody, or not everybody, may write: every model, field and role against one table, field_guard.csv.

Kinds of the table: "system" (nobody writes it), "group" (its members write it), "fixed" (given at creation), "frozen" (no
longer changed once settled), "no access" (no role creates or changes such records), "open" (everybody who may change the
record, and why that is harmless).
"""

import csv
from pathlib import Path

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SuiteCase

_TECHNICAL = {"id", "create_uid", "create_date", "write_uid", "write_date", "parent_path", "display_name"}
#: New records of these leave out what is not the caller's to say, and go on without; their own tests see to it.
_LEAVE_OUT = {"spp.session.absence"}
_THREAD = ("activity_", "message_", "rating_")


@tagged("post_install", "-at_install")
class TestFieldGuard(SuiteCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with Path(__file__).with_name("field_guard.csv").open(encoding="utf-8") as file:
            cls.table = {(row["model"], row["field"]): (row["kind"], row["who"]) for row in csv.DictReader(file)}
        own = cls.env["ir.model.data"].search([("model", "=", "res.groups"), ("module", "=like", "spp\\_%")])
        names = sorted(own.mapped("complete_name"))
        cls.users = {
            name: cls.make_user(f"guard_{number}", name) for number, name in enumerate(["base.group_system", *names])
        }
        cls.users["everything"] = cls.make_user("guard_everything", "base.group_system", *names)

    def _models(self):
        """Models of the suite with a table, and of others those that the suite adds fields to."""
        for name in sorted(self.env.registry):
            model = self.env[name]
            if not (model._abstract or model._transient) and model._auto:
                fields = [field for field in model._fields.values() if self._is_ours(model, field)]
                if fields:
                    yield model, fields

    def _is_ours(self, model, field):
        ours = model._name.startswith("spp.") or any(module.startswith("spp_") for module in field._modules or ())
        return ours and field.store and field.name not in _TECHNICAL and not field.name.startswith(_THREAD)

    def _has_access(self, model):
        """Whether any role creates or changes such records."""
        return bool(
            self.env["ir.model.access"].search_count(
                [("model_id.model", "=", model._name), "|", ("perm_write", "=", True), ("perm_create", "=", True)]
            )
        )

    def _declared(self, model):
        """What a model declares: dict name of field -> (kind, who)."""
        if not hasattr(model, "_guarded_fields"):
            return {}
        return {
            **{name: ("frozen", "") for name in model._declared("_frozen_fields")},
            **{name: ("fixed", "") for name in model._declared("_fixed_fields")},
            **{
                name: ("system", "") if guard == "system" else ("group", guard)
                for name, guard in model._guarded_fields().items()
            },
        }

    def _guarded(self):
        """Declared fields that a role could reach otherwise, as (model, name, kind, who)."""
        for model, fields in self._models():
            if self._has_access(model):
                declared = self._declared(model)
                for field in fields:
                    if field.name in declared:
                        yield model, field.name, *declared[field.name]

    def test_the_table_is_complete_and_true(self):
        found = {}
        for model, fields in self._models():
            if not self._has_access(model):
                if model._name.startswith("spp."):
                    found[model._name, "*"] = ("no access", "")
                continue
            declared = self._declared(model)
            for field in fields:
                if field.name in declared:
                    found[model._name, field.name] = declared[field.name]
                elif field.readonly and (field.column_type or field.type == "many2many") and field.groups != ".":
                    found[model._name, field.name] = ("open", "")
        missing = {place: found[place] for place in found.keys() - self.table.keys()}
        self.assertFalse(missing, "declare them (or say in field_guard.csv why they are open)")
        for place, (kind, who) in self.table.items():
            model, name = place
            if model in self.env and (name == "*" or name in self.env[model]._fields):
                self.assertIn(place, found, "no such guard any more: take it off field_guard.csv")
                self.assertEqual((kind, who if kind == "group" else ""), found[place], place)
                self.assertTrue(who or kind != "open", f"{place}: say why it is open")

    def test_every_role_meets_the_guard(self):
        for login, user in self.users.items():
            for model, name, kind, who in self._guarded():
                model_as_user = model.with_user(user).with_context(lang="en_US")
                may = kind in ("fixed", "frozen") or (kind == "group" and user.has_group(who))
                field = model._fields[name]
                self.assertEqual(
                    model_as_user._has_field_access(field, "write") and field.groups != ".",
                    may and (not field.groups or user.has_groups(field.groups)),
                    f"{login}: {model._name}.{name}",
                )

    def test_every_client_shows_them_as_read_only(self):
        for model, names in self._refused_by_model():
            for login, user in self.users.items():
                closed = [name for name, may in names.items() if not may(user) and not model._fields[name].groups]
                shown = self.rpc(user, model, "fields_get", closed, ["readonly"])
                for name in closed:
                    self.assertTrue(shown[name]["readonly"], f"{login}: {model._name}.{name}")

    def test_defaults_of_remote_callers_are_not_theirs_to_give(self):
        for model, names in self._refused_by_model():
            for login, user in self.users.items():
                if model.with_user(user).has_access("create"):
                    forged = {name: self._value(model._fields[name]) for name, may in names.items() if not may(user)}
                    context = {f"default_{name}": value for name, value in forged.items()}
                    model.env["ir.default"].search([]).unlink()
                    said = self.rpc(user, model, "default_get", list(forged), context=context)
                    for name, value in forged.items():
                        own = model._fields[name].default
                        if not own or model._fields[name].type not in ("boolean", "selection", "many2one"):
                            self.assertNotEqual(said.get(name), value, f"{login}: {model._name}.{name}")

    def test_remote_calls_are_refused(self):
        """Nobody gets into a record what the system writes, however many roles he has, nor a role what another writes."""
        for model, name, kind, who in self._guarded():
            if kind in ("fixed", "frozen"):
                continue
            for login, user in self.users.items():
                if login != "everything" if kind == "system" else user.has_group(who):
                    continue
                with self.subTest(f"{login}: {model._name}.{name}"):
                    value = self._value(model._fields[name])
                    if model.with_user(user).has_access("create") and model._name not in _LEAVE_OUT:
                        self._assert_kept_out(user, model, "create", name, value)
                    record = model.search([], limit=1)
                    if record and record.with_user(user).has_access("write"):
                        self._assert_kept_out(user, record, "write", name, value)

    def _refused_by_model(self):
        """Per model: name of a field -> function that tells whether a user may write it."""
        by_model = {}
        for model, name, kind, who in self._guarded():
            if kind == "system":
                by_model.setdefault(model, {})[name] = lambda user: False
            elif kind == "group":
                by_model.setdefault(model, {})[name] = lambda user, who=who: user.has_group(who)
        return by_model.items()

    def _assert_kept_out(self, user, records, method, name, value):
        try:
            with self.env.cr.savepoint():
                result = self.rpc(user, records, method, {name: value})
                written = records.browse(result) if method == "create" else records
                raise _Undone([record[name] for record in written])
        except (AccessError, UserError):
            return
        except _Undone as undone:
            field = records._fields[name]
            forged = field.convert_to_record(field.convert_to_cache(value, records), records)
            self.assertNotIn(forged, undone.written)
        except Exception as error:
            self.fail(f"refused, but not by the guard: {error!r}")

    def test_an_administrator_cannot_import_them(self):
        user = self.users["everything"]
        for model, name, kind, _who in self._guarded():
            is_plain = model._fields[name].type in ("char", "text", "integer", "float")
            if kind == "system" and is_plain and model.with_user(user).has_access("create"):
                with self.subTest(f"{model._name}.{name}"):
                    result = self.rpc(user, model, "load", [name], [["7"]])
                    self.assertFalse(result["ids"])
                    self.assertTrue(result["messages"])

    def test_nobody_copies_what_the_system_writes(self):
        for model, name, kind, _who in self._guarded():
            if kind == "system":
                [values] = model.new({}).copy_data()
                self.assertNotIn(name, values, model._name)

    def _value(self, field):
        """Something that a caller could send for a field."""
        match field.type:
            case "boolean":
                return True
            case "integer" | "float" | "monetary":
                return 77
            case "date":
                return "2031-01-07"
            case "datetime":
                return "2031-01-07 07:07:07"
            case "selection":
                values = field.get_values(self.env)
                return values[-1]
            case "many2one":
                return self.env[field.comodel_name].search([], limit=1).id
            case "many2many" | "one2many":
                return [[5]]
            case "json":
                return {"forged": 7}
        return "Forged"


class _Undone(Exception):
    """Takes back what a call did, and says what it wrote."""

    def __init__(self, written):
        super().__init__()
        self.written = written
