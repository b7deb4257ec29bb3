# Part of the SPP attendance suite. LGPL-3.
"""A real Odoo server: several workers, the job runner, cron.

    with Server(database) as server:
        requests.get(server.url + "/web/login")

`note_web_ui`, `running_web_ui` and `stop_web_ui` know the one server that shows the demo database, in the background or in the
foreground of another terminal.
"""

import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil

from tools import odoo, paths, postgres
from tools.console import Failure, last_match, shown, step

HOST = "127.0.0.1"
USUAL_PORT = 8069
_START_SECONDS = 180
_STOP_SECONDS = 20
_WEB_UI = paths.RUN / "web-ui.json"


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False


def _owner_of_port(port: int) -> str:
    """The program that listens on a port, as a person would look for it; empty where that is not for us to know."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,) and connection.pid:
                return f" ({psutil.Process(connection.pid).name()}, process {connection.pid})"
    return ""


class Server:
    """A server on one database, reachable from this machine only.

    :param database: name of the database; no other one is served
    :param workers: number of HTTP worker processes
    :param port: TCP port; a free one when empty
    :param log: path of the log file (added to); .spp/log/server-<database>.log when empty
    :param cron_workers: number of processes that run scheduled actions
    :param channels: capacity of the job runner
    :param durable: False trades safety in a power failure for speed

    Attributes: `url`, `port`, `database`, `log`, `process` (None while stopped).
    """

    def __init__(
        self,
        database: str,
        workers: int = 2,
        port: int | None = None,
        log: Path | None = None,
        *,
        cron_workers: int = 1,
        channels: str = "root:2",
        durable: bool = True,
    ) -> None:
        self.database = database
        self.workers = workers
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.log = log or paths.LOG / f"server-{database}.log"
        self.cron_workers = cron_workers
        self.channels = channels
        self.durable = durable
        self.config = paths.RUN / f"server-{self.port}.conf"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _command(self) -> list[str]:
        odoo.write_config(
            self.config,
            sections=[("queue_job", {"channels": self.channels, "host": HOST, "port": self.port, "scheme": "http"})],
            dbfilter=f"^{re.escape(self.database)}$",
            db_maxconn=16,
            gevent_port=free_port(),
            http_port=self.port,
            limit_time_cpu=3600,
            limit_time_real=3600,
            limit_time_real_cron=3600,
            max_cron_threads=self.cron_workers,
            server_wide_modules="base,rpc,web,queue_job",
            workers=self.workers,
        )
        return odoo.command([], self.database, config=self.config)

    def start(self) -> Self:
        """Start the server and wait until it answers.

        :raise Failure: when the port is taken, or the server ends or does not answer in time
        """
        if _is_taken(self.port):
            raise Failure(
                f"port {self.port} is taken by another program{_owner_of_port(self.port)}: "
                "stop that one or name another port."
            )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=odoo.environment(self.durable),
                cwd=paths.RUN,
                start_new_session=True,
            )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self.kill()
            raise
        return self

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                said = last_match(self.log, r"(?:ERROR|CRITICAL) .*|^\w*Error\b.*")
                reason = f" ({said[0][:200]})" if said else ""
                raise Failure(f"the Odoo server ended while starting{reason}: look at {shown(self.log)}.")
            try:
                with urllib.request.urlopen(f"{self.url}/web/health", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise Failure(f"the Odoo server did not answer within {_START_SECONDS} s: look at {shown(self.log)}.")

    def stop(self) -> None:
        """Stop the server and all its processes; harmless when it does not run."""
        if self.process is not None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS)
        self.kill()

    def wait(self) -> None:
        """Wait until the server ends by itself, or somebody else stops it."""
        if self.process is not None:
            self.process.wait()

    def kill(self) -> None:
        """End all processes of the server at once, as a power failure would (SIGKILL)."""
        if self.process is not None:
            _kill_group(self.process.pid)
            self.process.wait()
            self.process = None
        self.config.unlink(missing_ok=True)

    def wake_schedule(self) -> None:
        """Let the server look for due scheduled actions now; by itself it does so once a minute."""
        postgres.sql(f"NOTIFY cron_trigger, '{self.database}'", database="postgres")

    def restart(self) -> Self:
        """Stop the server and start it on the same port."""
        self.stop()
        return self.start()


def _kill_group(leader: int) -> None:
    """Kill a server with its workers, also those whose parent has already ended, and wait until they are gone."""
    group = list(_members(leader))
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)  # in one call: none can start another meanwhile
    psutil.wait_procs(group, _STOP_SECONDS)


def _members(leader: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.Error):
            if os.getpgid(process.pid) == leader:
                yield process


# --- the web UI on the demo database


def start_background(database: str, port: int | None = None) -> Server:
    """Start a server that outlives this process; one that shows the demo database already is stopped first.

    :param port: TCP port; when empty the usual one, or a free one if another program has that
    :return: the started Server
    """
    stop_web_ui()
    with step("Starting the web server"):
        server = Server(database, port=port or (free_port() if _is_taken(USUAL_PORT) else USUAL_PORT)).start()
    note_web_ui(server)
    return server


def note_web_ui(server: Server) -> None:
    """Note a running server as the one that shows the demo database, so that another `./spp` can stop it."""
    assert server.process, "only a running server is noted"
    process = psutil.Process(server.process.pid)
    _WEB_UI.write_text(
        json.dumps(
            {
                "pid": process.pid,
                "started": process.create_time(),  # a later process may get the same number
                "url": server.url,
                "database": server.database,
                "config": str(server.config),
            }
        )
    )


def running_web_ui() -> dict[str, Any] | None:
    """The noted server, if it still runs: dict with `pid`, `url`, `database`; None when none runs."""
    known = _noted()
    return known if known and _process(known) else None


def is_noted(server: Server) -> bool:
    """Whether a server, running or ended, is the noted one: nobody has stopped it with `stop_web_ui`."""
    known = _noted()
    return bool(known and known["url"] == server.url)


def _noted() -> dict[str, Any] | None:
    try:
        return json.loads(_WEB_UI.read_text())
    except (OSError, ValueError):
        return None


def _process(known: dict[str, Any]) -> psutil.Process | None:
    """The process of a noted server, or None when it has ended."""
    with suppress(psutil.Error):
        process = psutil.Process(known["pid"])
        if process.create_time() == known["started"] and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def stop_web_ui() -> bool:
    """Stop the server that shows the demo database, wherever it was started.

    :return: whether there was one
    """
    known = running_web_ui()
    _WEB_UI.unlink(missing_ok=True)
    if known:
        with step("Stopping the running web server"):
            with suppress(psutil.Error):
                if process := _process(known):
                    process.terminate()
                    process.wait(_STOP_SECONDS)
            _kill_group(known["pid"])
        Path(known["config"]).unlink(missing_ok=True)
    return bool(known)


def ensure_database(database: str) -> None:
    """Refuse to go on without the demo database.

    :raise Failure: when it is not there
    """
    if not postgres.exists(database):
        raise Failure("there is no demo database yet: run ./spp demo first.")
