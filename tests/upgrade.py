# Part of the SPP attendance suite. LGPL-3.
"""A database of the addons as they were (tests/data/upgrade), and its update to the code of today.

To cover more, let `upgrade_world.World` make more of it, or compare more in `Snapshot`.
"""

import tarfile

from tools import odoo, paths, postgres

_ARCHIVE = paths.ROOT / "tests" / "data" / "upgrade" / "addons.tar.xz"
_QUIET = ["--no-http", "--max-cron-threads", "0"]
#: Kinds of records that Odoo makes anew from the code.
_REFLECTED = (
    *("ir.model", "ir.model.fields", "ir.model.fields.selection", "ir.model.constraint", "ir.model.inherit"),
    *("ir.model.relation", "ir.module.module"),
)


def make_old_database(name, folder):
    """Install the old addons into a database and fill it.

    :param name: of the database
    :param folder: `Path` where the old addons may be unpacked
    """
    with tarfile.open(_ARCHIVE) as archive:
        archive.extractall(folder)
    old = [folder / "foundation", folder]
    modules = sorted(manifest.parent.name for own in old for manifest in own.glob("spp_*/__manifest__.py"))
    config = odoo.write_config(folder / "odoo.conf", addons_path=",".join(map(str, odoo.addons_path(old))))
    log = paths.LOG / f"{name}.log"
    odoo.clone(odoo.external_template(), name)
    odoo.run(
        ["-i", ",".join(modules), "--stop-after-init", *_QUIET],
        database=name,
        log=log,
        failure="the old addons could not be installed",
        config=config,
    )
    script = folder / "fill.py"
    script.write_text(
        f"import sys\nsys.path.append({str(paths.ROOT / 'tests')!r})\nfrom upgrade_world import fill\nfill(env)\n"
    )
    with open(script, "rb") as stdin:
        odoo.run(
            _QUIET,
            database=name,
            log=log,
            failure="the old database could not be filled",
            subcommand="shell",
            stdin=stdin,
            config=config,
        )
    return modules


def update(name, modules):
    """Update a database to the code of today, as an administrator does.

    :param modules: list of what was installed
    :return: text of the log
    """
    log = paths.LOG / f"{name}-update.log"
    odoo.run(
        ["-u", ",".join(modules), "--stop-after-init", *_QUIET],
        database=name,
        log=log,
        failure="the old database could not be updated",
    )
    return log.read_text(errors="replace")


class Snapshot:
    """What a database holds, as far as an update has to keep it.

    :ivar rows: table -> number of rows
    :ivar states: (table, state) -> number of rows
    :ivar sums: (table, column) -> sum of a number with decimals
    :ivar external_ids: (name, model, id) of records that addons brought -> set of addons
    """

    def __init__(self, database):
        self.database = database
        tables = [
            row[0]
            for row in self._sql(
                """SELECT tablename FROM pg_tables
                    WHERE schemaname = 'public' AND (tablename LIKE ANY(ARRAY['spp\\_%', 'attendance\\_%'])
                       OR tablename IN ('mail_activity', 'res_users', 'res_partner', 'ir_cron'))
                 ORDER BY tablename"""
            )
        ]
        columns = self._sql(
            """SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"""
        )
        self.rows = {table: int(count) for table, count in self._each("'{0}', count(*) FROM \"{0}\"", tables)}
        filled = [(table, column, kind) for table, column, kind in columns if self.rows.get(table)]
        states = [table for table, column, kind in filled if column == "state" and kind == "character varying"]
        numbers = [(table, column) for table, column, kind in filled if kind in ("numeric", "double precision")]
        self.states = {
            (table, state): int(count)
            for table, state, count in self._each("'{0}', state, count(*) FROM \"{0}\" GROUP BY state", states)
        }
        total = "'{0}', '{1}', round(coalesce(sum(\"{1}\"), 0)::numeric, 6) FROM \"{0}\""
        self.sums = {(table, column): value for table, column, value in self._each(total, numbers)}
        self.external_ids = {}
        for module, *record in self._sql("SELECT module, name, model, res_id FROM ir_model_data"):
            if module.startswith("spp_") and record[1] not in _REFLECTED:
                self.external_ids.setdefault(tuple(record), set()).add(module)

    def _each(self, select, names):
        """One query for all names, which are those of the database's own tables and columns."""
        parts = [select.format(*([name] if isinstance(name, str) else name)) for name in names]
        return self._sql("SELECT " + "\nUNION ALL SELECT ".join(parts))

    def _sql(self, query):
        return postgres.sql(query, database=self.database)

    def names(self):
        """The external ids, with addons and without ids: comparable with those of another database."""
        return {
            (module, name, model) for (name, model, _id), modules in self.external_ids.items() for module in modules
        }
