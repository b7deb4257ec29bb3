# Part of the SPP attendance suite. LGPL-3.
"""Install an addon on nothing but its dependencies, uninstall it, and see that the database is as before."""

import ast
from concurrent.futures import ThreadPoolExecutor

from tools import odoo, paths, postgres
from tools.console import Failure, step

_AT_ONCE = 2

# What a module may leave behind, one query each; every row is one thing, described in one text.
_TRACES = {
    "column": """
        SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'""",
    "constraint": """
        SELECT conrelid::regclass || ' ' || conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "index": "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'",
    "sequence": "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'",
    # Odoo notes model inheritance, and the selections of fields that come from a mixin, under modules further down, and
    # forgets those notes' ids when it deletes them.
    "external id": """
        SELECT module || '.' || name FROM ir_model_data data
         WHERE CASE model
               WHEN 'ir.model.inherit' THEN EXISTS (SELECT FROM ir_model_inherit WHERE id = data.res_id)
               WHEN 'ir.model.fields.selection'
               THEN EXISTS (SELECT FROM ir_model_fields_selection WHERE id = data.res_id)
               ELSE TRUE END""",
    "model": "SELECT model FROM ir_model",
    "field": "SELECT model || '.' || name FROM ir_model_fields",
    "selection value": """
        SELECT f.model || '.' || f.name || ' ' || s.value
          FROM ir_model_fields_selection s JOIN ir_model_fields f ON f.id = s.field_id""",
    "view": "SELECT name || ' (' || id || ')' FROM ir_ui_view",
    "menu": "SELECT complete_name FROM (SELECT 'menu ' || id AS complete_name FROM ir_ui_menu) menus",
    "action": "SELECT type || ' ' || id FROM ir_actions",
    "access right": "SELECT name || ' (' || id || ')' FROM ir_model_access",
    "rule": "SELECT name || ' (' || id || ')' FROM ir_rule",
    "group": "SELECT 'group ' || id FROM res_groups",
    "scheduled action": "SELECT cron_name FROM ir_cron",
    "parameter": "SELECT key FROM ir_config_parameter",
    "number sequence": "SELECT coalesce(code, name) FROM ir_sequence",
    "job channel": "SELECT complete_name FROM queue_job_channel",
    "job function": "SELECT name FROM queue_job_function",
    "message subtype": "SELECT 'subtype ' || id FROM mail_message_subtype",
    "activity type": "SELECT 'activity type ' || id FROM mail_activity_type",
}


def _traces(database: str) -> set[tuple[str, str]]:
    return {
        (kind, row[0]) for kind, query in _TRACES.items() for row in postgres.sql(query, database=database) if row[0]
    }


def dependencies(addon: str) -> list[str]:
    """The technical names an addon depends on directly."""
    manifest = ast.literal_eval((paths.addon_dir(addon) / "__manifest__.py").read_text())
    return manifest["depends"]


def check(addon: str, template: str) -> list[str]:
    """Install and uninstall one addon in a database of its own.

    :param template: database to start from, with the external dependencies
    :return: list of problems, each one line
    """
    database = postgres.database_name(f"lint_{addon}")
    log = paths.LOG / f"{database}.log"
    quiet = ["--stop-after-init", "--no-http", "--max-cron-threads", "0"]
    odoo.clone(template, database)
    try:
        odoo.run(
            ["-i", ",".join(dependencies(addon)), *quiet],
            database=database,
            log=log,
            failure=f"what {addon} depends on could not be installed",
        )
        before = _traces(database)
        odoo.run(["-i", addon, *quiet], database=database, log=log, failure=f"{addon} could not be installed alone")
        if _traces(database) == before:
            return [f"{addon}: installing it changed nothing"]
        odoo.run(
            [addon],
            subcommand=["module", "uninstall"],
            database=database,
            log=log,
            failure=f"{addon} could not be uninstalled",
        )
        after = _traces(database)
    except Failure as failure:
        return [str(failure)]
    problems = [f"{addon} leaves behind: {kind} {name}" for kind, name in sorted(after - before)]
    problems += [f"{addon} takes along when uninstalled: {kind} {name}" for kind, name in sorted(before - after)]
    if not problems:
        odoo.drop(database)
    return problems


def check_all(addons: list[str]) -> list[str]:
    """Check several addons, two at a time.

    :return: list of problems, each one line
    """
    template = odoo.external_template()
    problems, done = [], []

    def one(addon: str) -> None:
        problems.extend(check(addon, template))
        done.append(addon)

    title = f"Installing and uninstalling {len(addons)} addons, each alone"
    with step(title, lambda: f"{len(done)} done"), ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(one, addons))
    return problems
