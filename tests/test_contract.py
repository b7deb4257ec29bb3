# Part of the SPP attendance suite. LGPL-3.
"""The names the addons rely on, looked up in a database: one test per row of foundation/contract.csv.

Each row is a model, a field of a model, the table of a many2many field, or an external id (whose `model` column is the
model of its record). Empty cells are not checked; `selection` lists keys that must exist, and more may. The table
holds for the foundation and for a real OpenSPP 2 database alike: name the database, or give its URL, in SPP_TEST_DB;
the server is found through PGHOST, PGPORT, PGUSER.
"""

import csv
import os
from collections import namedtuple
from pathlib import Path

import psycopg2
import pytest

TABLE = Path(__file__).resolve().parent.parent / "foundation" / "contract.csv"

Row = namedtuple("Row", "module model name kind type comodel required selection")
Field = namedtuple("Field", "model name type comodel required relation_table column1 column2 keys")

with TABLE.open(newline="") as table:
    ROWS = [Row(**row) for row in csv.DictReader(table)]


def _label(row):
    return f"{row.module}.{row.name}" if row.kind == "xmlid" else ".".join(filter(None, (row.model, row.name)))


class Database:
    """What a database says about its models, fields and external ids."""

    def __init__(self, name, cursor):
        self.name = name
        models = list({row.model for row in ROWS})
        cursor.execute("SELECT model FROM ir_model WHERE model = ANY(%s)", [models])
        self.models = {model for (model,) in cursor.fetchall()}
        cursor.execute(
            """
            SELECT f.model, f.name, f.ttype, f.relation, f.required, f.relation_table, f.column1, f.column2,
                   array_remove(array_agg(s.value), NULL)
              FROM ir_model_fields f LEFT JOIN ir_model_fields_selection s ON s.field_id = f.id
             WHERE f.model = ANY(%s) GROUP BY f.id
            """,
            [models],
        )
        self.fields = {(field.model, field.name): field for field in map(Field._make, cursor.fetchall())}
        cursor.execute(
            "SELECT module, name, model FROM ir_model_data WHERE module = ANY(%s)",
            [list({row.module for row in ROWS})],
        )
        self.xmlids = {(module, name): model for module, name, model in cursor.fetchall()}
        self.modules = {module for module, _name in self.xmlids}

    def deviation(self, row):
        """Return the sentence that says how the database deviates from a row, or None."""
        if row.module not in self.modules:
            return f"The module {row.module} is not installed in {self.name}."
        return getattr(self, f"_deviating_{row.kind}")(row)

    def _deviating_model(self, row):
        if row.model not in self.models:
            return f"The model {row.model} of {row.module} is gone."
        return None

    def _deviating_xmlid(self, row):
        model = self.xmlids.get((row.module, row.name))
        if model is None:
            return f"The external id {row.module}.{row.name} ({row.model}) is gone."
        if model != row.model:
            return f"The external id {row.module}.{row.name} names a record of {model}, not of {row.model}."
        return None

    def _deviating_field(self, row):
        field = self.fields.get((row.model, row.name))
        if field is None:
            return f"The field {row.model}.{row.name} of {row.module} is gone."
        if row.type and field.type != row.type:
            return f"The field {row.model}.{row.name} is of type {field.type}, no longer {row.type}."
        if row.comodel and field.comodel != row.comodel:
            return f"The field {row.model}.{row.name} points to {field.comodel}, no longer to {row.comodel}."
        if row.required and not field.required:
            return f"The field {row.model}.{row.name} is no longer required."
        if lost := [key for key in row.selection.split() if key not in field.keys]:
            return f"The field {row.model}.{row.name} has lost the key {', '.join(lost)}; it has {sorted(field.keys)}."
        return None

    def _deviating_table(self, row):
        field = self.fields.get((row.model, row.name))
        if field is None:
            return f"The field {row.model}.{row.name} of {row.module} is gone."
        expected = (row.type, *row.selection.split())
        found = (field.relation_table, field.column1, field.column2)
        if found != expected:
            return f"The field {row.model}.{row.name} is stored in {found}, no longer in {expected}."
        return None


@pytest.fixture(scope="session")
def contract_database():
    target = os.environ.get("SPP_TEST_DB")
    if not target:
        pytest.fail("Name the database whose modules are to be checked in SPP_TEST_DB.")
    is_url = "://" in target
    connection = psycopg2.connect(target) if is_url else psycopg2.connect(dbname=target)
    try:
        with connection.cursor() as cursor:
            return Database(connection.info.dbname, cursor)
    finally:
        connection.close()


def test_table_has_no_row_twice():
    names = [(row.kind, _label(row)) for row in ROWS]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("row", ROWS, ids=_label)
def test_contract(contract_database, row):
    deviation = contract_database.deviation(row)
    assert deviation is None, deviation
