# Part of the SPP attendance suite. LGPL-3.
"""A busy, slow, failing or dying attendance server: tried again for a while, then one plain sentence, never half an answer."""

import socket
import time

import pytest

from doubles.attendance_server_process import AttendanceServerProcess, people
from tests.attendance_server_questions import MARCH, failure, one


def collect(client, wanted, chunks):
    """Keep what came before an error, as a job does that is resumed later."""
    for chunk in client.fetch(wanted, *MARCH):
        chunks.append(chunk)


# --- try again, but not for ever


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("path", ["/attendances", "/auth/token"])
def test_busy_server_is_asked_again(attendance_server, connect, status, path):
    attendance_server.faults({"path": path, "status": status, "times": 2})
    assert len(one(connect(attendance_server)).records) == 12
    assert [request["status"] for request in attendance_server.requests(path)] == [status, status, 200]


def test_busy_server_is_given_up(attendance_server, connect, attendance_clients):
    attendance_server.faults({"path": "/attendances", "status": 503})
    error = failure(connect(attendance_server, retries=3), attendance_clients.Unreachable)
    assert error.values == {"status": 503}
    assert len(attendance_server.requests("/attendances")) == 4


def test_server_says_when_to_come_back(attendance_server, connect):
    fault = {"path": "/attendances", "status": 429, "times": 1, "headers": {"Retry-After": "1"}}
    attendance_server.faults(fault)
    began = time.monotonic()
    assert len(one(connect(attendance_server)).records) == 12
    assert 1 <= time.monotonic() - began < 5


def test_pauses_grow_differ_and_end(attendance_clients):
    client = attendance_clients.AttendanceServerClient("https://h.example.org", "a", "b")
    patience, pauses = client._transport._patience.new(total=20), []
    for _attempt in range(12):
        patience = patience.increment("GET", None)
        pauses.append(patience.get_backoff_time())
    assert 0 < pauses[0] <= 1
    assert pauses[1] < pauses[3] < pauses[5]
    assert max(pauses) <= 60
    assert patience.get_backoff_time() == 60
    first_pauses = {client._transport._patience.increment("GET", None).get_backoff_time() for _ in range(20)}
    assert len(first_pauses) == 20, "many clients must not come back in the same moment"


def test_server_cannot_ask_for_a_pause_of_a_day(attendance_clients):
    client = attendance_clients.AttendanceServerClient("https://h.example.org", "a", "b")

    class Answer:
        headers = {"Retry-After": "86400"}

    assert client._transport._patience.get_retry_after(Answer()) == 60


@pytest.mark.parametrize("path", ["/attendances", "/auth/token", "/attendance/types"])
def test_failing_server_is_not_asked_again(attendance_server, connect, attendance_clients, path):
    attendance_server.faults({"path": path, "status": 500})
    ask = (lambda client: client.types()) if path == "/attendance/types" else one
    error = failure(connect(attendance_server), attendance_clients.BadAnswer, ask)
    assert error.values == {"status": 500}
    assert len(attendance_server.requests(path)) == 1


def test_nothing_but_the_token_is_posted(attendance_server, connect):
    attendance_server.faults({"path": "/attendances", "status": 503, "times": 1})
    client = connect(attendance_server)
    list(client.test_connection())
    one(client)
    posts = {request["path"] for request in attendance_server.requests() if request["method"] != "GET"}
    assert posts == {"/auth/token"}


# --- slow, cut, gone


def test_slow_answer_is_tried_once_more(attendance_server, connect, attendance_clients):
    attendance_server.faults({"path": "/attendances", "delay": 2})
    error = failure(connect(attendance_server, read_timeout=0.5), attendance_clients.TimedOut)
    assert error.values == {"seconds": 0.5}
    assert len(attendance_server.requests("/attendances")) == 2
    attendance_server.faults({"path": "/attendances", "delay": 2, "times": 1})
    assert len(one(connect(attendance_server, read_timeout=0.5)).records) == 12


def test_answer_that_drips_is_not_waited_for(attendance_server, connect, attendance_clients, monkeypatch):
    monkeypatch.setattr(attendance_clients.transport, "_WHOLE_ANSWER", 3)
    attendance_server.faults({"path": "/attendances", "drip": 0.05})
    began = time.monotonic()
    failure(connect(attendance_server, read_timeout=0.5), attendance_clients.TimedOut)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("how", ["cut", "drop"])
def test_cut_connection(attendance_server, connect, attendance_clients, how):
    attendance_server.faults({"path": "/attendances", how: True, "times": 1})
    assert len(one(connect(attendance_server)).records) == 12
    attendance_server.forget_requests()
    attendance_server.faults({"path": "/attendances", how: True})
    failure(connect(attendance_server, retries=2), attendance_clients.Interrupted)
    assert len(attendance_server.requests("/attendances")) == 3


@pytest.mark.parametrize("generation", ["S1", "S2"])
def test_server_dies_on_page_7_of_9_and_comes_back(tmp_path, connect, attendance_clients, generation):
    wanted = [f"NID-{number:06}" for number in range(90)]
    with AttendanceServerProcess(tmp_path / "data.jsonl", generation=generation, people=people(90)) as server:
        server.faults({"path": "/attendances", "skip": 6, "die": True})
        client = connect(server, page_size=10, retries=2)
        chunks = []
        error = failure(client, attendance_clients.Unreachable, lambda client: collect(client, wanted, chunks))
        assert "cannot be reached" in str(error)
        assert [chunk.asked_ids for chunk in chunks] == [tuple(wanted[at : at + 10]) for at in range(0, 60, 10)]
        server.stop()
        server.start()
        done = {identifier for chunk in chunks for identifier in chunk.asked_ids}
        chunks += client.fetch([identifier for identifier in wanted if identifier not in done], *MARCH)
    assert [identifier for chunk in chunks for identifier in chunk.asked_ids] == wanted
    assert len({record.external_id for chunk in chunks for record in chunk.records}) == 90 * 12


def test_nobody_listens(attendance_clients):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        client = attendance_clients.AttendanceServerClient(
            f"http://127.0.0.1:{closed.getsockname()[1]}", "a", "b", allow_http=True, backoff_seconds=0.01
        )
        failure(client, attendance_clients.Unreachable)
        (step,) = client.test_connection()
    assert (step.step, step.ok) == ("reach", False)
