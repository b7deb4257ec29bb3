# Part of the SPP attendance suite. LGPL-3.
"""The moved clock of `./spp test --date`: another moment on the wall, the same durations."""

import os
import subprocess
import sys
import time
from datetime import datetime

import pytest

from tools import conditions, console, postgres

_ASK = """
import threading, time
began = time.monotonic()
time.sleep(0.2)
threading.Event().wait(0.2)
print(time.time(), time.monotonic() - began)
"""


def test_moved_clock_moves_the_wall_and_no_duration():
    library = conditions.moved_clock()
    moved = 400 * 24 * 3600
    already = int(os.environ.get("MOVED_CLOCK_SECONDS", 0))  # these tests may run at another moment themselves
    environment = {**os.environ, "LD_PRELOAD": str(library), "MOVED_CLOCK_SECONDS": str(already + moved)}
    before = time.time()
    answer = subprocess.run([sys.executable, "-c", _ASK], env=environment, capture_output=True, text=True, check=True)
    wall, waited = map(float, answer.stdout.split())
    assert before + moved <= wall + 1
    assert wall <= time.time() + moved + 1
    assert waited >= 0.4  # it came back, and not at once


def test_moment_must_be_a_time():
    with pytest.raises(console.Failure, match="no time: write it like 2028-02-29 10:00"), conditions.moved_to("soon"):
        pass


def test_server_of_somebody_else_keeps_its_clock(monkeypatch):
    monkeypatch.setattr(postgres, "external", lambda: True)
    moment = datetime.now().isoformat(" ", "minutes")
    with pytest.raises(console.Failure, match="cannot be moved"), conditions.moved_to(moment):
        pass
