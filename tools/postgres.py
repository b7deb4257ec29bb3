# Part of the SPP attendance suite. LGPL-3.
"""PostgreSQL: an own cluster in .spp/postgres on a Unix socket, or the server named by PGHOST."""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tools import paths
from tools.console import Failure, capture, run, shown, step

USER = "spp"
LOG = paths.LOG / "postgres.log"
_DATA = paths.POSTGRES / "data"
_SERVER_LOG = paths.POSTGRES / "server.log"
_SOCKET_NOTE = paths.STATE / "postgres.socket"
_LONGEST_SOCKET_FOLDER = 80  # the limit of a socket's path is 107 bytes, file name included
_OLDEST = 13
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",  # who may connect as whom is decided by pg_hba.conf and pg_ident.conf
    "max_connections": "200",
    "shared_buffers": "256MB",
    "jit": "off",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
}


def external() -> bool:
    """Whether the environment names a server to use instead of an own one."""
    return os.environ.get("PGHOST", "") not in ("", str(_socket_folder()))


def environment() -> dict[str, str]:
    """The environment variables with which any PostgreSQL client finds the server."""
    if external():
        return {key: value for key, value in os.environ.items() if key.startswith("PG") and key != "PGDATABASE"}
    return {"PGHOST": str(_socket_folder()), "PGPORT": "5432", "PGUSER": USER}


def database_name(purpose: str) -> str:
    """The name of the database for a purpose such as "demo".

    On a server shared with others the name tells checkouts apart; SPP_DB_PREFIX overrules how it begins.
    """
    prefix = os.environ.get("SPP_DB_PREFIX")
    if not prefix:
        prefix = "spp_" + hashlib.sha256(str(paths.ROOT).encode()).hexdigest()[:6] if external() else "spp"
    return f"{prefix}_{purpose}"


def binaries() -> Path | None:
    """The folder of the PostgreSQL programs to use, or None: the cluster's own version, else the newest."""
    found = {}
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        if folder.parent.name.isdigit() and (folder / "initdb").exists():
            found[int(folder.parent.name)] = folder
    if not found and (program := shutil.which("initdb")):
        (number,) = re.findall(r"\d+", capture([program, "--version"]) or "0")[:1]
        found[int(number)] = Path(program).resolve().parent
    usable = [version for version in found if version >= _OLDEST]
    return found.get(_cluster_version() or max(usable, default=0))


def _cluster_version() -> int | None:
    note = _DATA / "PG_VERSION"
    return int(note.read_text()) if note.exists() else None


# --- processes of the own cluster


def _owner() -> pwd.struct_passwd:
    """The unprivileged user who owns and runs the cluster."""
    return pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _as_owner() -> list[str]:
    """How to run a program as the owner.

    When the checkout lies below a folder that this user may not pass (/root, for example), the programs get the
    right to pass it and no other privilege.
    """
    if os.geteuid() != 0:
        return []
    plain = ["runuser", "-u", "postgres", "--"]
    if subprocess.call([*plain, "test", "-x", paths.POSTGRES], cwd="/") == 0:
        return plain
    capability = "+dac_override"
    return ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups"] + [
        f"--inh-caps={capability}",
        f"--ambient-caps={capability}",
        "--",
    ]


def _control(*arguments: object, failure: str) -> None:
    programs = binaries()
    if programs is None:
        raise Failure(
            f"the cluster in .spp/postgres belongs to PostgreSQL {_cluster_version()}, which is not installed any more: "
            "install it, or delete .spp/ to start afresh."
        )
    run([*_as_owner(), programs / "pg_ctl", "-D", _DATA, *arguments], log=LOG, failure=failure, cwd="/")


def _socket_folder() -> Path:
    if _SOCKET_NOTE.exists():
        return Path(_SOCKET_NOTE.read_text())
    return paths.POSTGRES / "run"


def _make_socket_folder() -> None:
    folder = paths.POSTGRES / "run"
    if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER:
        kept = _SOCKET_NOTE.exists() and _socket_folder().is_dir()
        folder = _socket_folder() if kept else Path(tempfile.mkdtemp(prefix="spp-"))
        _SOCKET_NOTE.write_text(str(folder))
    else:
        _SOCKET_NOTE.unlink(missing_ok=True)
        folder.mkdir(exist_ok=True)
    owner = _owner()
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    folder.chmod(0o711)


def _create_cluster() -> None:
    owner = _owner()
    shutil.rmtree(paths.POSTGRES, ignore_errors=True)
    paths.POSTGRES.mkdir(parents=True)
    os.chown(paths.POSTGRES, owner.pw_uid, owner.pw_gid)
    programs = binaries()
    if programs is None:
        raise Failure("there is no PostgreSQL on this machine: install Debian's package postgresql and start again.")
    with step("Creating a PostgreSQL cluster"):
        run(
            [*_as_owner(), programs / "initdb", "-D", _DATA, "-U", USER, "--auth-local=peer", "--auth-host=reject"]
            + ["--encoding=UTF8", "--locale=C.UTF-8"],
            log=LOG,
            failure="the PostgreSQL cluster could not be created",
            cwd="/",
        )


def _admit_users() -> None:
    """Only the owner and whoever runs ./spp may connect: the kernel tells PostgreSQL who that is."""
    names = {"root", _owner().pw_name, pwd.getpwuid(os.geteuid()).pw_name}
    (_DATA / "pg_hba.conf").write_text("local all all peer map=spp\n")
    (_DATA / "pg_ident.conf").write_text("".join(f"spp {name} {USER}\n" for name in sorted(names)))


def running() -> bool:
    """Whether the own cluster runs."""
    if not _DATA.is_dir() or (programs := binaries()) is None:
        return False
    return capture([*_as_owner(), programs / "pg_ctl", "-D", _DATA, "status"], cwd="/") is not None


def start() -> bool:
    """Start the own cluster (created at need), or see that the external server answers.

    :return: whether this call started it
    """
    if external():
        if isinstance(_try_sql("SELECT 1", "postgres"), str):
            raise Failure(
                f"the PostgreSQL server named by PGHOST={os.environ['PGHOST']} does not let you in: "
                "set PGPORT, PGUSER and PGPASSWORD too, or unset PGHOST to use a cluster in .spp/."
            )
        return False
    if running():
        return False
    if _cluster_version() is None:
        _create_cluster()
    _make_socket_folder()
    _admit_users()
    settings = {**_SETTINGS, "unix_socket_directories": _socket_folder()}
    options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
    _control(
        *("-l", _SERVER_LOG, "-w", "-t", "120", "-o", options, "start"),
        failure=f"PostgreSQL did not start ({shown(_SERVER_LOG)} has its own words)",
    )
    return True


def stop() -> None:
    """Stop the own cluster if it runs; an external server is left alone."""
    if not external() and running():
        _control("-w", "-m", "fast", "stop", failure="PostgreSQL did not stop")


def stop_if_idle() -> None:
    """Stop the own cluster unless somebody is connected to it."""
    if not external() and running():
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        if sql(others, database="postgres") == [["0"]]:
            stop()


# --- databases


def sql(query: str, *, database: str) -> list[list[str]]:
    """Run SQL with psql.

    :param query: one or more statements
    :return: rows as lists of texts
    :raise Failure: when it failed
    """
    rows = _try_sql(query, database)
    if isinstance(rows, str):
        raise Failure(f"PostgreSQL refused '{query[:80]}': {rows}.")
    return rows


def _try_sql(query: str, database: str) -> list[list[str]] | str:
    """The rows, or the reason why there are none."""
    programs = binaries()
    psql = programs / "psql" if programs else "psql"
    done = subprocess.run(
        [psql, "-XAtq", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-d", database],
        input=query,
        capture_output=True,
        text=True,
        env={**os.environ, **environment()},
    )
    if done.returncode == 0:
        return [row.split("\x1f") for row in done.stdout.splitlines()]
    return (done.stderr.strip().splitlines() or ["no reason"])[0]


def databases(prefix: str = "") -> list[str]:
    """Names of the databases that begin with a prefix."""
    names = [row[0] for row in sql("SELECT datname FROM pg_database", database="postgres")]
    return sorted(name for name in names if name.startswith(prefix))


def databases_by_age(prefix: str) -> list[str]:
    """Names of the databases that begin with a prefix, in the order in which they were made."""
    names = [row[0] for row in sql("SELECT datname FROM pg_database ORDER BY oid", database="postgres")]
    return [name for name in names if name.startswith(prefix)]


def exists(name: str) -> bool:
    """Whether there is a database of this name."""
    return name in databases(name)


def create(name: str, template: str) -> None:
    """Create a database as a copy of another; waits while somebody else is using or copying that one."""
    statement = f'CREATE DATABASE "{name}" TEMPLATE "{template}"'
    for _attempt in range(120):
        if not isinstance(_try_sql(statement, "postgres"), str):
            return
        if exists(name) or not exists(template):
            break
        time.sleep(0.5)
    sql(statement, database="postgres")


def drop(name: str) -> None:
    """Drop a database if it is there, and whatever is connected to it."""
    sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', database="postgres")


def rename(old: str, new: str) -> None:
    """Give a database another name."""
    sql(f'ALTER DATABASE "{old}" RENAME TO "{new}"', database="postgres")


def note(name: str) -> str:
    """What was noted on a database, as text; empty when nothing was."""
    query = f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"  # noqa: S608 - a name of ours
    return "\n".join(row[0] for row in sql(query, database="postgres"))


def set_note(name: str, text: str) -> None:
    """Note something on a database; the note goes with it when it is renamed, and is not copied."""
    quoted = text.replace("'", "''")
    sql(f"COMMENT ON DATABASE \"{name}\" IS '{quoted}'", database="postgres")
