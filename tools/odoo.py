# Part of the SPP attendance suite. LGPL-3.
"""Odoo processes and databases.

odoo.run(["-i", "spp_area", "--stop-after-init"], database="x", log=path, failure="...")
odoo.clone(odoo.template_database(), "x")      # a database with everything installed, in seconds
odoo.drop("x")
"""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from tools import paths, postgres, shape
from tools.console import Failure, last_match, say, shown, step
from tools.console import run as run_command
from tools.odoo_source import installation
from tools.setup import lock
from tools.stamps import fingerprint

#: What the addons need from outside this checkout.
EXTERNAL = ["base", "mail", "contacts", "product", "portal", "phone_validation", "queue_job"]
#: Of tests/addons: another job runner, which brings models of the same names.
NOT_BESIDE_QUEUE_JOB = {"job_worker"}
CONFIG = paths.STATE / "odoo.conf"


# --- processes


def environment(durable: bool = True) -> dict[str, str]:
    """The environment of an Odoo process.

    :param durable: False lets PostgreSQL answer before data is on disk; for databases that can be made again
    """
    ours = ("ODOO_", "PG", "PYTHON")
    env = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
    env |= postgres.environment()
    env["PATH"] = f"{paths.VENV / 'bin'}{os.pathsep}{env.get('PATH', os.defpath)}"
    env["PYTHONPATH"] = installation()["python_path"]
    env["PYTHONSAFEPATH"] = "1"  # the folder of odoo_bin.py has a module called odoo too
    env["PYTHONUNBUFFERED"] = "1"
    if not durable:
        env["PGOPTIONS"] = f"{env.get('PGOPTIONS', '')} -c synchronous_commit=off".strip()
    return env


def addons_path(own: list[Path] | None = None) -> list[str]:
    """The folders Odoo takes modules from.

    :param own: folders instead of those of this checkout
    """
    site_packages = next((paths.VENV / "lib").glob("python3*")) / "site-packages"
    own = own or [paths.FOUNDATION_DIR, paths.ROOT, paths.TEST_ADDONS_DIR]
    return [*installation()["addons"], str(site_packages / "odoo" / "addons"), *(str(p) for p in own if p.is_dir())]


def write_config(path: Path = CONFIG, sections: Iterable[tuple[str, dict[str, Any]]] = (), **options: object) -> Path:
    """Write a configuration file that only its owner may read, with a new master password.

    :param options: more options of Odoo's section
    :param sections: pairs of a section's name and a dict of its options
    :return: the path
    """
    common = {
        "addons_path": ",".join(addons_path()),
        "admin_passwd": secrets.token_urlsafe(32),
        "data_dir": paths.DATA_DIR,
        "http_interface": "127.0.0.1",
        "list_db": False,
        "proxy_mode": False,
        "skip_auto_install": True,
    }
    paths.DATA_DIR.mkdir(parents=True, exist_ok=True)
    descriptor, fresh = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        for name, values in [("options", common | options), *sections]:
            file.write(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()) + "\n")
    os.rename(fresh, path)
    return path


def command(
    arguments: Sequence[object], database: str, subcommand: str | list[str] | None = None, config: Path | None = None
) -> list[str]:
    """The command line of an Odoo process.

    :param arguments: list of options
    :param subcommand: "shell", or a list such as ["module", "uninstall"]; the server when empty
    :param config: configuration file; the one without anything special when empty
    """
    subcommand = [subcommand] if isinstance(subcommand, str) else subcommand or []
    config = config or write_config()
    parts = [paths.PYTHON, paths.ROOT / "tools" / "odoo_bin.py", *subcommand, "-c", config, "-d", database, *arguments]
    return [str(part) for part in parts]


def run(
    arguments: Sequence[object],
    *,
    database: str,
    log: Path,
    failure: str,
    subcommand: str | list[str] | None = None,
    stdin: IO[bytes] | None = None,
    config: Path | None = None,
) -> None:
    """Run Odoo on a database until it ends, its output in a fresh log file.

    :param log: path of the log file
    :param failure: first part of the sentence when it fails, without full stop
    :param config: configuration file; the one without anything special when empty
    :raise Failure: when Odoo ends with an error; the sentence holds the last error it named
    """
    try:
        run_command(
            command(arguments, database, subcommand, config),
            log=log,
            append=False,
            failure=failure,
            env=environment(durable=False),
            cwd=paths.RUN,
            stdin=stdin,
        )
    except Failure:
        said = last_match(log, r"^\S*(?:Error|Exception|Failure)\b.*|(?:ERROR|CRITICAL) .*?: (.*)$")
        reason = f" ({said[0].strip()[:200]})" if said else ""
        raise Failure(f"{failure}{reason}: look at {shown(log)}, mend the cause and start again.") from None


def install(modules: list[str], database: str, title: str | None = None) -> None:
    """Install modules into a database, creating neither demo data nor what Odoo would add by itself."""
    log = paths.LOG / f"install-{database}.log"

    def loading() -> str:
        found = last_match(log, r"Loading module (\w+) \((\d+/\d+)\)")
        return " ".join(found.groups()) if found else ""

    options = ["-i", ",".join(modules), "--stop-after-init", "--no-http", "--max-cron-threads", "0"]
    with step(title or f"Installing {', '.join(modules)}", loading):
        run(options, database=database, log=log, failure=f"{', '.join(modules)} could not be installed")


def ask(database: str, question: str) -> Any:
    """Run Python with Odoo's `env` on a database and return what it leaves in `answer`; nothing is committed.

    :param question: Python source; `answer` must fit into JSON
    :raise Failure: when it ends with an error
    """
    paths.RUN.mkdir(parents=True, exist_ok=True)
    log = paths.LOG / f"ask-{database}.log"
    with tempfile.TemporaryDirectory(dir=paths.RUN) as folder:
        answer, script = Path(folder, "answer.json"), Path(folder, "question.py")
        script.write_text(
            f"import json, sys\nsys.path.append({str(paths.ROOT)!r})\n{question}\n"
            f"with open({str(answer)!r}, 'w') as file:\n    json.dump(answer, file)\n"
        )
        with open(script, "rb") as stdin:
            run(
                ["--no-http", "--max-cron-threads", "0"],
                database=database,
                log=log,
                failure="a question to Odoo ended with an error",
                subcommand="shell",
                stdin=stdin,
            )
        if not answer.exists():
            raise Failure(f"a question to Odoo was not answered: look at {shown(log)}.")
        return json.loads(answer.read_text())


# --- databases and their files


def demo_database() -> str:
    """The name of the database that `./spp demo` fills and `./spp serve` shows."""
    return postgres.database_name("demo")


def clone(template: str, name: str) -> None:
    """Make a database with its files as a copy of another; one of that name is dropped first."""
    drop(name)
    files = paths.FILESTORE / template
    if files.is_dir():  # files there are never changed, only added and removed: links will do
        shutil.copytree(files, paths.FILESTORE / name, copy_function=os.link)
    postgres.create(name, template)


def hold_schedule(name: str, until: str = "2099-01-01") -> None:
    """Let no scheduled action of a database begin by itself before a moment; what is asked for from now on runs as ever.

    What was asked for before is forgotten: installing modules asks for the vacuum, which lets entitlements expire, a minute later.

    :param until: moment as PostgreSQL reads it, or how long from now, such as "2 hours"
    """
    moment = f"timezone('UTC', now()) + interval '{until}'" if until[-1].isalpha() else f"timestamp '{until}'"
    hold = f"UPDATE ir_cron SET nextcall = greatest(nextcall, {moment}); DELETE FROM ir_cron_trigger"  # noqa: S608 - ours
    postgres.sql(hold, database=name)


def drop(name: str) -> None:
    """Drop a database with its files, if it is there."""
    postgres.drop(name)
    shutil.rmtree(paths.FILESTORE / name, ignore_errors=True)


def _rename(old: str, new: str) -> None:
    if (paths.FILESTORE / old).is_dir():
        (paths.FILESTORE / old).rename(paths.FILESTORE / new)
    postgres.rename(old, new)


def _template(purpose: str, key: str, build: Callable[[str], None]) -> str:
    """The template database of a purpose: built when its key is new, and then the older ones are dropped.

    The last one before it stays: tests that began before the sources changed may still copy it.

    :param build: function that makes the database of the name it is given
    """
    prefix = postgres.database_name(f"{purpose}_")
    name = f"{prefix}{key}"
    with lock(purpose):
        if not postgres.exists(name):
            building = f"{prefix}building"
            drop(building)
            build(building)
            shutil.rmtree(paths.FILESTORE / name, ignore_errors=True)
            _rename(building, name)
            _drop_older(prefix, name)
    return name


def _drop_older(prefix: str, newest: str) -> None:
    others = [name for name in postgres.databases_by_age(prefix) if name != newest]
    for name in others[:-1]:
        drop(name)


def _external_key() -> str:
    found = installation()
    folder = Path(found["python_path"]).resolve()  # checkouts may share one Odoo through links
    return fingerprint(found["version"], str(folder), paths.REQUIREMENTS, paths.REQUIREMENTS_ADDONS, EXTERNAL)


def external_template() -> str:
    """The name of a database with only the external dependencies installed, made at need."""

    def build(name: str) -> None:
        postgres.create(name, "template0")
        install(EXTERNAL, name, "Creating a database with Odoo's own modules")

    return _template("external", _external_key(), build)


def template_without_job_runner() -> str:
    """The name of a database with our addons on what they depend on, and nothing else."""

    def build(name: str) -> None:
        postgres.create(name, "template0")
        install(paths.ADDONS, name, f"Creating a database with our {len(paths.ADDONS)} addons alone")

    key = fingerprint(_external_key(), shape.exact(paths.FOUNDATION + paths.ADDONS))
    return _template("without_job_runner", key, build)


def template_database() -> str:
    """The name of a database with all our modules and queue_job installed, made anew when their sources change."""
    modules = paths.FOUNDATION + paths.ADDONS

    def build(name: str) -> None:
        clone(external_template(), name)
        if modules:
            install(modules, name, f"Creating a database with our {len(modules)} modules")
        else:
            say("There are no modules of ours yet.")

    return _template("template", fingerprint(_external_key(), shape.exact(modules)), build)


def tested_template(*, exact: bool) -> str:
    """The name of a database for Odoo's tests, with all our modules and those of tests/addons, made at need.

    :param exact: False takes one that differs from the sources only inside of functions, and updates changed modules in a copy
        of it instead of installing all
    """
    test_addons = [name for name in paths.TEST_ADDONS if name not in NOT_BESIDE_QUEUE_JOB]
    modules = paths.FOUNDATION + paths.ADDONS + test_addons
    outlines = {module: shape.rough(module) for module in modules}
    note = {"external": _external_key(), "sources": shape.exact(modules), "outlines": outlines}
    prefix = postgres.database_name("tested_")
    name = prefix + fingerprint(note["external"], *outlines.values())
    with lock("tested"):
        notes = {other: json.loads(postgres.note(other) or "{}") for other in postgres.databases(prefix)}
        if name in notes and (not exact or notes[name].get("sources") == note["sources"]):
            return name
        building = f"{prefix}building"
        older = None if exact else next((other for other in notes if _can_become(notes[other], note)), None)
        if not older or not _updated_copy(older, building, notes[older]["outlines"], outlines):
            clone(template_database(), building)
            install(test_addons, building, "Adding what only tests install")
        drop(name)
        _rename(building, name)
        postgres.set_note(name, json.dumps(note))
        _drop_older(prefix, name)
    return name


def _can_become(older: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether updating modules may make the one template from the other."""
    return older.get("external") == wanted["external"] and older["outlines"].keys() == wanted["outlines"].keys()


def _updated_copy(older: str, name: str, before: dict[str, str], after: dict[str, str]) -> bool:
    """Copy a database and update the modules that changed.

    :return: whether that went well; a module that was made anew from the ground may ask for a new installation
    """
    changed = [module for module in before if after[module] != before[module]]
    clone(older, name)
    try:
        with step(f"Updating {', '.join(changed)}"):
            run(
                ["-u", ",".join(changed), "--stop-after-init", "--no-http", "--max-cron-threads", "0"],
                database=name,
                log=paths.LOG / f"update-{name}.log",
                failure="the changed modules could not be updated",
            )
    except Failure:
        return False
    return True
