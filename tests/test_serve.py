# Part of the SPP attendance suite. LGPL-3.
"""The web UI on the demo database: one at a time, stopped from anywhere, and stopping installs nothing."""

import json
import os
import shutil
import socket
import subprocess
import sys

import psutil
import pytest

from tools import odoo, paths, postgres, server
from tools.console import Failure
from tools.server import Server, free_port

_COMMAND = """
import sys
from pathlib import Path
from tools import console, serve, server
server._WEB_UI = Path(sys.argv.pop(1))
console.main(serve.main)
"""


@pytest.fixture
def note(tmp_path, monkeypatch):
    """Where the web UI of these tests is noted, apart from the one that a person may be looking at."""
    monkeypatch.setattr(server, "_WEB_UI", tmp_path / "web-ui.json")
    return tmp_path / "web-ui.json"


@pytest.fixture
def prefix(template, monkeypatch):
    """Names of databases begin so; there is a demo database."""
    monkeypatch.setenv("SPP_DB_PREFIX", postgres.database_name("serve"))
    odoo.clone(template, odoo.demo_database())
    odoo.hold_schedule(odoo.demo_database())
    yield
    odoo.drop(odoo.demo_database())


def command(note, *arguments):
    return [sys.executable, "-P", "-c", _COMMAND, str(note), *arguments]


def test_a_server_in_the_foreground_of_another_terminal_is_stopped(note, prefix):
    port = free_port()
    foreground = subprocess.Popen(
        command(note, "--port", str(port)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert foreground.stdout.readline().startswith(f"The web UI is at http://127.0.0.1:{port} ")
    known = server.running_web_ui()
    assert known["url"] == f"http://127.0.0.1:{port}"
    processes = [psutil.Process(known["pid"]), *psutil.Process(known["pid"]).children(recursive=True)]
    assert len(processes) > 3  # workers, scheduler, event server
    stopped = subprocess.run(command(note, "--stop"), capture_output=True, text=True)
    assert stopped.returncode == 0
    assert stopped.stderr.endswith("Stopped.\n")
    said = foreground.communicate(timeout=60)[1]
    assert foreground.returncode == 0
    assert said.endswith("Stopped by another ./spp.\n")
    assert not any(process.is_running() for process in processes)
    assert server.running_web_ui() is None
    again = subprocess.run(command(note, "--stop"), capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (0, "No server was running.\n")


def test_a_server_that_ends_by_itself_is_a_failure(note, prefix):
    foreground = subprocess.Popen(
        command(note, "--port", str(free_port())), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    foreground.stdout.readline()
    psutil.Process(server.running_web_ui()["pid"]).kill()
    said = foreground.communicate(timeout=60)[1]
    assert foreground.returncode == 1
    assert "the server ended by itself: look at " in said
    assert server.running_web_ui() is None


def test_another_process_with_the_number_of_an_ended_server_is_left_alone(note):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        known = {
            "pid": stranger.pid,
            "url": "http://127.0.0.1:1",
            "database": "x",
            "config": str(note.with_name("x.conf")),
        }
        note.write_text(json.dumps({**known, "started": psutil.Process(stranger.pid).create_time() - 5}))
        assert server.running_web_ui() is None
        assert server.stop_web_ui() is False
        assert stranger.poll() is None
        stranger.kill()


def test_who_has_the_port_is_named(template):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Failure, match=f"port {port} is taken by another program .*process {os.getpid()}"):
            Server(template, port=port).start()


@pytest.fixture
def checkout(tmp_path):
    """A checkout that was never set up, on a machine whose apt and pip leave a mark when they are started."""
    shutil.copy(paths.ROOT / "spp", tmp_path)
    shutil.copytree(paths.ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("apt-get", "apt-cache", "pip", "sudo"):
        (programs / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/installed\nexit 1\n")
        (programs / name).chmod(0o755)
    return tmp_path


def stop(checkout):
    env = {**os.environ, "PATH": f"{checkout / 'programs'}:{os.environ['PATH']}", "PYTHONPATH": ""}
    return subprocess.run([checkout / "spp", "serve", "--stop"], capture_output=True, text=True, env=env)


def test_stopping_where_nothing_was_set_up(checkout):
    done = stop(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No server was running.\n")
    assert not (checkout / ".spp").exists()
    assert not (checkout / "installed").exists()


def test_stopping_does_not_bring_anything_up_to_date(checkout):
    """Nothing of what is set up is current: there is no Odoo, and no step of set-up was noted."""
    (checkout / ".spp").mkdir()
    (checkout / ".spp" / "venv").symlink_to(paths.VENV)
    done = stop(checkout)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No server was running.\n")
    assert not (checkout / "installed").exists()
    assert sorted(path.name for path in (checkout / ".spp").iterdir()) == ["venv"]
