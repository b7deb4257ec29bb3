# Part of the SPP attendance suite. LGPL-3.
"""What the tests of all addons share: calls as a remote client makes them, and the plain steps to a program's past."""

import datetime as datetime_module
import re
from collections import Counter
from contextlib import contextmanager
from datetime import datetime, time
from unittest.mock import patch

from freezegun import freeze_time
from freezegun.api import FakeDatetime
from psycopg2.errors import RestrictViolation

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL, mute_logger

from odoo.addons.spp_integrity import clock

#: How the database is really asked for the time, which a frozen clock does not move.
ask_the_database = clock._transaction_start


def _frozen_or_of_the_database(env):
    is_frozen = datetime_module.datetime is FakeDatetime
    return fields.Datetime.now() if is_frozen else ask_the_database(env)


clock._transaction_start = _frozen_or_of_the_database


def database_at(moment):
    """The database's clock stands at a moment, that of the process goes on; a context manager.

    :param moment: naive UTC datetime, or a date
    """
    moment = fields.Datetime.to_datetime(moment)
    return patch.object(clock, "_transaction_start", lambda _env: moment)


class RemoteCallsMixin:
    """Calls as a remote client makes them: as a user, with nothing in the context but what is sent."""

    def rpc(self, user, records, method, *args, context=None, **kwargs):
        """Call a method the way a remote client does, on records read and written by nobody before.

        :param records: what to call it on; for a method of the model itself (``create``, ``search_read``) any records of
            it, none at all too
        :param context: what the client sends along
        :return: what the client gets: ids instead of records
        :raise AccessError: the user may not do it, or nobody may from outside
        """
        model = self.env(user=user, context={})[records._name]
        of_the_model = getattr(getattr(type(model), method, None), "_api_model", False)
        self.env.flush_all()
        self.env.invalidate_all()
        result = call_kw(
            model, method, list(args) if of_the_model else [records.ids, *args], {**kwargs, "context": context or {}}
        )
        self.env.flush_all()
        self.env.invalidate_all()
        return result

    def rpc_create(self, user, model, values, context=None):
        """Create records the way a remote client does.

        :param model: its name
        :param values: a dict of values, or a list of them
        :return: the records, for the test itself to look at
        :raise AccessError: the user may not create them
        """
        return self.env[model].browse(self.rpc(user, self.env[model], "create", values, context=context))

    def assertRefused(self, user, records, method, *args, says="", **kwargs):
        """See that a user may not do this, and what is said about it.

        :param says: what the refusal contains, as a regular expression
        """
        with self.assertRaisesRegex(AccessError, says, msg=f"{user.login}: {records._name}.{method}{args}"):
            self.rpc(user, records, method, *args, **kwargs)


class QueryCountsMixin:
    """What is asked of the database, so that a number of queries can be held against another one."""

    @contextmanager
    def queries(self):
        """The statements that are sent meanwhile, flushing included, when the cache of records is empty at the beginning.

        Yields a list that is filled on the way.
        """
        sent = []
        cursor = self.env.cr
        execute = type(cursor).execute

        def noted(cursor, query, params=None, log_exceptions=True):
            text = query.code if isinstance(query, SQL) else str(query)
            sent.append(re.sub(r'SAVEPOINT "[^"]+"', "SAVEPOINT", text))
            return execute(cursor, query, params, log_exceptions)

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(type(cursor), "execute", noted):
            yield sent
            self.env.flush_all()

    def assertAsMany(self, many, *few):
        """See that nothing is asked more often for many than for few.

        Odoo's caches may be emptied at any time by other things that go on; what fills them is no difference when it was
        asked for few too.

        :param many: statements of `queries` for a large set
        :param few: those for small ones, the first time and later
        """
        known = Counter()
        for sent in few:
            known |= Counter(sent)
        self.assertFalse(dict(Counter(many) - known), "asked more often for many")


class AnonymisingMixin:
    """What names a person in history can be blanked, and nothing else of it."""

    #: SQL of another value than that of a column, by type of the field.
    _OTHER = {
        "boolean": "NOT COALESCE({0}, FALSE)",
        "date": "COALESCE({0}, '2001-01-01') + 1",
        "datetime": "COALESCE({0}, '2001-01-01') + interval '1 day'",
        "json": """'{{"another": 1}}'::jsonb""",
        **dict.fromkeys(("integer", "float", "monetary", "many2one"), "COALESCE({0}, 0) + 1"),
        **dict.fromkeys(("char", "text", "html", "selection"), "COALESCE({0}, '') || 'x'"),
    }

    def assertAnonymises(self, record, *names):
        """See that maintenance blanks exactly these columns of a row, PostgreSQL refuses all others, and it is logged.

        :param record: a row of an append-only table with a value in each of the columns
        :param names: the columns
        """
        free = {"id", "write_uid", "write_date", *record._append_only_declared("_append_only_except")}
        columns = [field for field in record._fields.values() if field.store and field.column_type]
        kept = {field.name: record[field.name] for field in columns if field.name not in names}
        for name in names:
            self.assertTrue(record[name], f"{name} has nothing to blank")
            self._assertUpdateRefused(record, name, self._blank(record, name))
        with self.env["spp.history.maintenance"]._allow("anonymise", "Kept long enough") as maintenance:
            for field in columns:
                if field.name in names:
                    self._update(record, field.name, self._blank(record, field.name))
                elif field.name not in free:
                    other = SQL(self._OTHER[field.type].format(f'"{field.name}"'))
                    self._assertUpdateRefused(record, field.name, other)
        record.invalidate_recordset()
        self.assertFalse([name for name in names if record[name]])
        self.assertEqual({name: record[name] for name in kept}, kept)
        met = [(line.table_name, line.row_count) for line in maintenance.line_ids]
        self.assertEqual(met, [(record._table, len(names))] if names else [])
        self.assertEqual((maintenance.kind, maintenance.reason), ("anonymise", "Kept long enough"))
        for name in names:
            self._assertUpdateRefused(record, name, SQL("'again'"))

    def _blank(self, record, name):
        return SQL("''") if record._fields[name].required else SQL("NULL")

    def _update(self, record, name, value):
        self.env.cr.execute(
            SQL("UPDATE %s SET %s = %s WHERE id = %s", *map(SQL.identifier, (record._table, name)), value, record.id)
        )

    def _assertUpdateRefused(self, record, name, value):
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaisesRegex(RestrictViolation, "History is never changed", msg=name),
            self.env.cr.savepoint(),
        ):
            self._update(record, name, value)


class ProgramStepsMixin:
    """The steps to a world with a program in it, also one that lies in the past."""

    @classmethod
    def make_user(cls, login, *groups, **values):
        """An internal user with these groups besides."""
        return new_test_user(cls.env, login, ",".join(("base.group_user", *groups)), **values)

    @classmethod
    def make_people(cls, *names, **values):
        """Registrants of these names, or as many as a number says: Person 1, Person 2, ..."""
        if len(names) == 1 and isinstance(names[0], int):
            names = [f"Person {number}" for number in range(1, names[0] + 1)]
        return cls.env["res.partner"].create([{"name": name, "is_registrant": True, **values} for name in names])

    @classmethod
    def make_household(cls, members, name="Household", **membership):
        """A group of registrants.

        :param membership: values of each link between the group and a member
        """
        [household] = cls.make_people(
            name,
            is_group=True,
            group_membership_ids=[Command.create({"individual": person.id, **membership}) for person in members],
        )
        return household

    @classmethod
    def make_program(cls, name="Attend and Receive", **values):
        """A program for individuals, unless the values say something else."""
        return cls.env["spp.program"].create({"name": name, "target_type": "individual", **values})

    @classmethod
    def enrol(cls, program, people, state="enrolled"):
        """Memberships of a program."""
        return cls.env["spp.program.membership"].create(
            [{"program_id": program.id, "partner_id": person.id, "state": state} for person in people]
        )

    @classmethod
    def make_cycle(cls, program, first="2025-10-01", last="2025-10-31", members=(), **values):
        """A cycle, created on its first day as no cycle is created later.

        :param members: partners who are enrolled in it
        """
        with freeze_time(datetime.combine(fields.Date.to_date(first), time(12))):
            cycle = cls.env["spp.cycle"].create(
                {
                    "name": f"{first} to {last}",
                    "program_id": program.id,
                    "start_date": first,
                    "end_date": last,
                    **values,
                }
            )
        cls.join(cycle, members)
        return cycle

    @classmethod
    def join(cls, cycle, partners, state="enrolled"):
        """Memberships of a cycle."""
        return cls.env["spp.cycle.membership"].create(
            [{"cycle_id": cycle.id, "partner_id": partner.id, "state": state} for partner in partners]
        )


class SuiteCase(RemoteCallsMixin, QueryCountsMixin, AnonymisingMixin, ProgramStepsMixin, TransactionCase):
    """A test with the calls and steps of the suite; nothing is tracked or mailed unless it says so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "no_reset_password": True})


@contextmanager
def open_history(env, model):
    """Let a test change rows of an append-only table, as somebody would who owns the database.

    :param env: environment
    :param str model: name of the model
    """
    table = SQL.identifier(env[model]._table)
    env.flush_all()
    env.cr.execute(SQL("SET CONSTRAINTS ALL IMMEDIATE"))
    env.cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER USER", table))
    yield
    env.cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER USER", table))
    env.invalidate_all()


def rewrite_history(records, values):
    """Give rows of an append-only table other values; see `open_history`.

    :param records: recordset
    :param dict values: column -> value
    """
    with open_history(records.env, records._name):
        records.env.cr.execute(
            SQL(
                "UPDATE %s SET %s WHERE id = ANY(%s)",
                SQL.identifier(records._table),
                SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in values.items()),
                records.ids,
            )
        )
