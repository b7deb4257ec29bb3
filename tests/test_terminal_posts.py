# Part of the SPP attendance suite. LGPL-3.
"""What a running server answers to terminals, and what it keeps: bad lines, repeats, posts at the same time."""

import random
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
import requests

from doubles.terminal import SimulatedTerminal
from tools import paths, postgres

DATA = paths.ROOT / "tests" / "data" / "terminal-attlog"


@pytest.fixture
def stored(office, rows):
    """Function: (raw line, state, reason) of each scan of a terminal, in the order of arrival."""
    return lambda serial: rows(
        office.server,
        """
        SELECT scan.raw_line, scan.state, scan.reason
          FROM spp_attendance_scan scan JOIN spp_attendance_device device ON device.id = scan.device_id
         WHERE device.serial = %s ORDER BY scan.id
        """,
        serial,
    )


@pytest.fixture
def terminal(office, request):
    """A terminal of the test's own, approved."""
    serial = f"X{zlib.crc32(request.node.name.encode())}"
    device = office.manager.call(
        "spp.attendance.device", "create", {"name": request.node.name, "serial": serial, "tz": "Asia/Jakarta"}
    )
    office.manager.call("spp.attendance.device", "action_approve", [device])
    return SimulatedTerminal(office.server.url, serial)


def line(pin, moment):
    return f"{pin}\t{moment}\t0\t1\t\t0\t0\t".encode()


def real_lines(count):
    """Push lines made of the first different scans of a real log."""
    seen = dict.fromkeys(
        (row.split("\t")[0].strip(), row.split("\t")[1])
        for row in (DATA / "101_attlog.dat").read_text().splitlines()[: 2 * count]
    )
    return [line(*scan) for scan in list(seen)[:count]]


def post(terminal, *lines, body=None, **params):
    body = b"".join(one + b"\r\n" for one in lines) if body is None else body
    return terminal.request("POST", "cdata", body, **{"table": "ATTLOG", "Stamp": "9999", **params})


def answer(response):
    """Status and text of a reply, which must be one that terminals understand."""
    assert response.headers["Content-Type"].startswith("text/plain")
    assert "<" not in response.text
    assert "Set-Cookie" not in response.headers
    return response.status_code, response.text.strip()


def at_once(*calls):
    """Make calls in threads of their own; return their results."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(call) for call in calls]]


# --- single posts


def test_unknown_serial_number(office, stored, rows):
    stranger = SimulatedTerminal(office.server.url, "STRANGER")
    scan = line("1", "2025-10-01 07:30:00")
    assert answer(post(stranger, scan)) == (403, "ERROR terminal not approved")
    assert answer(stranger.request("GET", "cdata", options="all")) == (403, "ERROR terminal not approved")
    ((device, state),) = rows(office.server, "SELECT id, state FROM spp_attendance_device WHERE serial = 'STRANGER'")
    assert state == "pending"
    assert stored("STRANGER") == []
    office.manager.call("spp.attendance.device", "action_approve", [device])
    assert answer(post(stranger, scan)) == (200, "OK: 1")
    assert [raw for raw, _state, _reason in stored("STRANGER")] == [scan.decode()]


def test_malformed_line_in_a_batch(terminal, stored):
    good = [line("1", "2025-10-01 07:30:00"), line("2", "2025-10-01 07:31:00")]
    bad = [b"what is this", line("3", "2025-10-32 07:00:00"), line("", "2025-10-01 07:00:00")]
    assert answer(post(terminal, good[0], *bad, good[1])) == (200, "OK: 5")
    kept = {raw: reason for raw, _state, reason in stored(terminal.serial) if _state == "review" and raw != ""}
    assert kept.pop("what is this") == "no_time"
    assert kept.pop(bad[1].decode()) == "impossible_time"
    assert kept.pop(bad[2].decode()) == "no_pin"
    everything = [raw for raw, _state, _reason in stored(terminal.serial)]
    assert sorted(everything) == sorted(one.decode() for one in good + bad)


def test_bytes_that_are_no_text(terminal, stored):
    lines = [b"\xff\xfe7\t2025-10-01 07:30:00\t0\t1", b"8\t2025-10-01 07:3\x00\x00:00\t0\t1", b"\x80\x81\x82"]
    good = line("1", "2025-10-01 07:30:00")
    assert answer(post(terminal, *lines, good)) == (200, "OK: 4")
    kept = {raw: reason for raw, state, reason in stored(terminal.serial) if state == "review" and "\\x" in raw}
    assert kept == {
        "\\xff\\xfe7\t2025-10-01 07:30:00\t0\t1": "no_pin",
        "8\t2025-10-01 07:3\\x00\\x00:00\t0\t1": "no_time",
        "\\x80\\x81\\x82": "no_time",
    }
    assert good.decode() in [raw for raw, _state, _reason in stored(terminal.serial)]


@pytest.mark.parametrize("body", [b"", b"\r\n", b"\n\n\r\n   \n"], ids=repr)
def test_empty_body(terminal, stored, body):
    assert answer(post(terminal, body=body)) == (200, "OK: 0")
    assert stored(terminal.serial) == []


def test_scan_from_the_future(terminal, stored, until):
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d %H:%M:%S}"
    assert answer(post(terminal, line("1", tomorrow), line("1", "2025-10-01 07:30:00"))) == (200, "OK: 2")
    until(lambda: "new" not in [state for _raw, state, _reason in stored(terminal.serial)], "scans to be matched")
    assert (line("1", tomorrow).decode(), "review", "future") in stored(terminal.serial)


def test_each_scan_gets_an_outcome(office, stored, until):
    """In the check-in time, again in it, between two sessions, by a person nobody knows."""
    t1 = SimulatedTerminal(office.server.url, "T1")
    wanted = {
        line("1", "2025-10-07 08:05:00"): ("matched", None),
        line("1", "2025-10-07 09:59:59"): ("repeat", None),
        line("1", "2025-10-07 20:00:00"): ("outside", None),
        line("2", "2025-10-07 06:59:59"): ("outside", None),
        line("2", "2025-10-07 10:00:00"): ("matched", None),
        line("99", "2025-10-07 08:00:00"): ("review", "unknown_identifier"),
    }
    assert answer(post(t1, *wanted)) == (200, "OK: 6")
    until(lambda: "new" not in [state for _raw, state, _reason in stored("T1")], "scans to be matched")
    outcome = {raw.encode(): (state, reason) for raw, state, reason in stored("T1")}
    assert {raw: outcome[raw] for raw in wanted} == wanted
    marks = office.manager.call(
        "spp.session.attendance",
        "search_read",
        [("session_id.roster_id.name", "=", "Terminal T1"), ("session_id.date", "=", "2025-10-07")],
        ["participant_id", "status_id", "attendance_time"],
    )
    codes = {
        status["id"]: status["code"]
        for status in office.manager.call("spp.attendance.status", "search_read", [], ["code"])
    }
    found = {mark["participant_id"][0]: (codes[mark["status_id"][0]], mark["attendance_time"]) for mark in marks}
    assert found == {
        office.partners["1"]: ("present", "2025-10-07 01:05:00"),
        office.partners["2"]: ("late", "2025-10-07 03:00:00"),
    }


def test_whole_log_in_one_post(terminal, stored):
    lines = real_lines(10_000)
    assert answer(post(terminal, *lines)) == (200, f"OK: {len(lines)}")
    assert sorted(raw for raw, _state, _reason in stored(terminal.serial)) == sorted(one.decode() for one in lines)


# --- posts at the same time


def test_same_batch_from_eight_connections(terminal, stored):
    lines = real_lines(100)
    forward, backward = (lambda: answer(post(terminal, *lines))), (lambda: answer(post(terminal, *lines[::-1])))
    for _round in range(3):
        answers = at_once(*[forward, backward] * 4)
        assert set(answers) <= {(200, f"OK: {len(lines)}"), (500, "ERROR")}
        assert (200, f"OK: {len(lines)}") in answers
        assert sorted(raw for raw, _state, _reason in stored(terminal.serial)) == sorted(one.decode() for one in lines)


def test_overlapping_batches_from_eight_connections(terminal, stored):
    """Whatever was acknowledged is stored, and nothing twice."""
    lines = real_lines(400)
    batches = [lines[start : start + 120] for start in range(0, 320, 40)]
    for seed, batch in enumerate(batches):
        random.Random(seed).shuffle(batch)
    answers = at_once(*[lambda batch=batch: answer(post(terminal, *batch)) for batch in batches])
    assert set(answers) <= {(200, "OK: 120"), (500, "ERROR")}
    acknowledged = {
        one.decode() for reply, batch in zip(answers, batches, strict=True) if reply[0] == 200 for one in batch
    }
    kept = [raw for raw, _state, _reason in stored(terminal.serial)]
    assert acknowledged <= set(kept)
    assert len(kept) == len(set(kept))


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_second_post_while_the_first_runs(office, terminal, stored, rows, until, content_type):
    """Both are held up inside the server until both are there, then let go; the later one is repeated with its body."""
    terminal.headers["Content-Type"] = content_type
    lines = real_lines(100)
    where = {key.removeprefix("PG").lower(): value for key, value in postgres.environment().items()}
    barrier = psycopg2.connect(
        dbname=office.server.database, **{key: where[key] for key in ("host", "port", "user") if key in where}
    )
    waiting = """
        SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND wait_event_type = 'Lock'
           AND starts_with(query, 'INSERT INTO spp_attendance_scan')
    """
    try:
        barrier.cursor().execute("LOCK TABLE spp_attendance_scan IN SHARE ROW EXCLUSIVE MODE")
        with ThreadPoolExecutor(2) as threads:
            replies = [
                threads.submit(lambda batch=batch: answer(post(terminal, *batch))) for batch in (lines, lines[::-1])
            ]
            until(lambda: rows(office.server, waiting) == [(2,)], "both posts to be under way")
            barrier.rollback()
            answers = [reply.result() for reply in replies]
    finally:
        barrier.close()
    assert answers == [(200, "OK: 100")] * 2
    assert sorted(raw for raw, _state, _reason in stored(terminal.serial)) == sorted(one.decode() for one in lines)


def test_first_contact_from_eight_connections(office, rows):
    """A terminal that nobody knows is noted once."""
    stranger = SimulatedTerminal(office.server.url, "NEWCOMER")
    answers = at_once(*[lambda: answer(post(stranger, line("1", "2025-10-01 07:30:00")))] * 8)
    assert {status for status, _text in answers} <= {403, 500}
    assert rows(office.server, "SELECT state FROM spp_attendance_device WHERE serial = 'NEWCOMER'") == [("pending",)]
    assert answer(post(stranger, line("1", "2025-10-01 07:30:00"))) == (403, "ERROR terminal not approved")


# --- bytes on the wire


def exchange(server, request, *, cut=None):
    """Send bytes over a connection of their own; return status, headers and body of the reply."""
    with socket.create_connection((server.url.split("/")[2].split(":")[0], server.port), timeout=60) as wire:
        wire.sendall(request[:cut])
        if cut is not None:
            wire.shutdown(socket.SHUT_WR)
        reply = b""
        while part := wire.recv(65536):
            reply += part
    head, _blank, body = reply.partition(b"\r\n\r\n")
    status, *headers = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value.strip() for name, _colon, value in (header.partition(":") for header in headers)}
    return int(status.split()[1]), fields, body


def captured(name):
    """A captured request, with the headers that the capture leaves out."""
    request, _blank, body = (DATA / "adms-requests" / name).read_bytes().partition(b"\r\n\r\n")
    headers = [b"Host: 127.0.0.1", b"User-Agent: iClock Proxy/1.09", b"Accept: */*", b"Connection: close"]
    if body:
        headers.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([request.strip(), *headers, b"", body])


def test_captured_requests_of_a_real_terminal(office, rows):
    serial = "BOCK200961014"
    assert exchange(office.server, captured("init-get.txt"))[0] == 403
    device = rows(office.server, "SELECT id FROM spp_attendance_device WHERE serial = %s", serial)[0][0]
    office.manager.call("spp.attendance.device", "write", [device], {"tz": "Asia/Riyadh"})
    office.manager.call("spp.attendance.device", "action_approve", [device])

    status, fields, body = exchange(office.server, captured("init-get.txt"))
    assert status == 200
    assert fields["content-type"].startswith("text/plain")
    assert int(fields["content-length"]) == len(body)
    assert not {"set-cookie", "transfer-encoding", "content-encoding", "location"} & set(fields)
    assert body.startswith(b"GET OPTION FROM: BOCK200961014\n")

    for _again in range(2):
        status, _fields, body = exchange(office.server, captured("attlog-post.txt"))
        assert (status, body.strip()) == (200, b"OK: 3")
    status, _fields, body = exchange(office.server, captured("operlog-post.txt"))
    assert (status, body.strip()[:2]) == (200, b"OK")

    scans = rows(
        office.server,
        """
        SELECT raw_line, credential, scan_time, direction, verification FROM spp_attendance_scan
         WHERE device_id = %s ORDER BY scan_time
        """,
        device,
    )
    assert scans == [
        ("1\t2024-07-28 01:25:24\t0\t1\t\t0\t0\t", "1", datetime(2024, 7, 27, 22, 25, 24), "0", "1"),
        ("1\t2024-07-28 10:41:21\t0\t1\t\t0\t0\t", "1", datetime(2024, 7, 28, 7, 41, 21), "0", "1"),
        ("4\t2024-07-28 10:41:31\t0\t1\t\t0\t0\t", "4", datetime(2024, 7, 28, 7, 41, 31), "0", "1"),
    ]


def test_connection_lost_in_the_middle_of_a_post(office, terminal, stored):
    """What did not come in whole is neither acknowledged nor kept in part; the terminal sends it again."""
    lines = real_lines(100)
    body = b"".join(one + b"\r\n" for one in lines)
    request = (
        b"POST /iclock/cdata?SN=%s&table=ATTLOG&Stamp=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % (terminal.serial.encode(), len(body))
    ) + body
    status, _fields, reply = exchange(office.server, request, cut=-len(body) // 2)
    assert status >= 400
    assert b"<" not in reply
    assert stored(terminal.serial) == []
    assert answer(post(terminal, *lines)) == (200, "OK: 100")
    assert len(stored(terminal.serial)) == 100


# --- how long a body is


def chunked(*parts, end=b"0\r\n\r\n"):
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end


def raw_post(serial, body, *headers):
    """A post as bytes, with whatever headers say how long it is."""
    head = [
        b"POST /iclock/cdata?SN=%s&table=ATTLOG&Stamp=1 HTTP/1.1" % serial.encode(),
        b"Host: 127.0.0.1",
        b"Connection: close",
        *headers,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"


def test_a_body_in_chunks(office, terminal, stored):
    lines = real_lines(100)
    body = b"".join(one + b"\r\n" for one in lines)
    request = raw_post(terminal.serial, chunked(body[:7], body[7:1000], body[1000:]), CHUNKED)
    status, fields, reply = exchange(office.server, request)
    assert (status, reply.strip()) == (200, b"OK: 100")
    assert not {"set-cookie", "transfer-encoding", "content-encoding"} & set(fields)
    assert sorted(raw for raw, _state, _reason in stored(terminal.serial)) == sorted(one.decode() for one in lines)


def test_a_body_in_chunks_that_is_too_large_or_broken_is_refused_whole(office, terminal, stored):
    good = line("1", "2025-10-01 07:30:00") + b"\r\n"
    large = b" " * (8 * 1024 * 1024)
    for body, status, text in (
        (chunked(good, large), 413, b"ERROR too large"),
        (chunked(good, end=b""), 400, b"ERROR"),  # the connection ends after a chunk
        (chunked(good)[:-12], 400, b"ERROR"),  # in the middle of one
        (b"zz\r\n" + good, 400, b"ERROR"),
        (b"-1\r\n" + good, 400, b"ERROR"),
    ):
        request = raw_post(terminal.serial, body, CHUNKED)
        answered, fields, reply = exchange(office.server, request, cut=len(request))
        assert (answered, reply.strip()) == (status, text), body[:40]
        assert fields["content-type"].startswith("text/plain")
    assert stored(terminal.serial) == []


@pytest.mark.parametrize(
    ("headers", "status", "text"),
    [
        ((), 411, b"ERROR no length"),
        ((b"Content-Length: many",), 400, b"ERROR"),
        ((b"Content-Length: -1",), 400, b"ERROR"),
        ((b"Transfer-Encoding: gzip",), 411, b"ERROR no length"),
        ((b"Content-Length: 8388609",), 413, b"ERROR too large"),
    ],
    ids=repr,
)
def test_a_body_without_a_usable_length_is_not_lost_silently(office, terminal, stored, headers, status, text):
    request = raw_post(terminal.serial, line("1", "2025-10-01 07:30:00"), *headers)
    answered, fields, reply = exchange(office.server, request, cut=len(request))
    assert (answered, reply.strip()) == (status, text)
    assert fields["content-type"].startswith("text/plain")
    assert stored(terminal.serial) == []


# --- too many requests


def from_address(address):
    """A connection pool that sends from another address of this machine."""

    class Adapter(requests.adapters.HTTPAdapter):
        def init_poolmanager(self, *arguments, **options):
            super().init_poolmanager(*arguments, source_address=(address, 0), **options)

    session = requests.Session()
    session.mount("http://", Adapter())
    return session


def test_a_flood_of_strangers_ends_and_holds_nobody_up(office, terminal, rows):
    """Two workers count together; the flood writes no more than the limit allows."""
    flood = from_address("127.0.0.9")
    url = f"{office.server.url}/iclock/cdata"
    answers = [
        flood.post(url, params={"SN": f"FLOOD{number}", "table": "ATTLOG"}, data=b"x", timeout=60)
        for number in range(70)
    ]
    assert [reply.status_code for reply in answers] == [403] * 60 + [429] * 10
    assert answer(answers[-1]) == (429, "ERROR too many requests")
    assert rows(office.server, "SELECT count(*) FROM spp_attendance_device WHERE serial LIKE 'FLOOD%%'") == [(60,)]
    assert rows(office.server, "SELECT count(*) FROM spp_device_attempt WHERE source = '127.0.0.9'") == [(60,)]
    # a known terminal at the same address, and a stranger at another one
    known = flood.post(
        url, params={"SN": terminal.serial, "table": "ATTLOG"}, data=line("1", "2025-10-01 07:30:00"), timeout=60
    )
    assert answer(known) == (200, "OK: 1")
    other = from_address("127.0.0.10")
    assert other.post(url, params={"SN": "ELSEWHERE"}, data=b"x", timeout=60).status_code == 403
    office.admin.call(
        "spp.attendance.device",
        "unlink",
        office.admin.call("spp.attendance.device", "search", [("serial", "like", "FLOOD%")]),
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.11"])
def test_a_terminal_is_heard_from_its_networks_only(office, terminal, stored, address):
    office.manager.call(
        "spp.attendance.device",
        "write",
        office.manager.call("spp.attendance.device", "search", [("serial", "=", terminal.serial)]),
        {"allowed_networks": "127.0.0.11, 10.0.0.0/8"},
    )
    reply = from_address(address).post(
        f"{office.server.url}/iclock/cdata",
        params={"SN": terminal.serial, "table": "ATTLOG"},
        data=line("1", "2025-10-01 07:30:00"),
        timeout=60,
    )
    assert answer(reply)[0] == (200 if address == "127.0.0.11" else 403)
    assert len(stored(terminal.serial)) == (address == "127.0.0.11")
