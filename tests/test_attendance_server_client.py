# Part of the SPP attendance suite. LGPL-3.
"""The client of external attendance servers reads what both generations of them say, as they say it."""

import json
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from datetime import time as clock_time

import pytest

from doubles.attendance_server_process import (
    CLIENT_ID,
    CLIENT_SECRET,
    ODD_IDENTIFIERS,
    AttendanceServerProcess,
    odd_people,
    people,
)
from tests.attendance_server_questions import MARCH
from tools import paths


def records_by_person(chunks):
    found = {}
    for chunk in chunks:
        for record in chunk.records:
            found.setdefault(record.person_identifier, []).append(record)
    return found


def test_package_needs_no_odoo():
    script = (
        "import importlib.util, sys\n"
        "sys.modules['odoo'] = None\n"
        f"spec = importlib.util.spec_from_file_location('clients', {str(_package() / '__init__.py')!r})\n"
        "sys.modules['clients'] = package = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(package)\n"
        "package.AttendanceServerClient('https://h.example.org', 'a', 'b')\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def _package():
    return paths.addon_dir("spp_attendance_server") / "clients"


# --- connection test, catalogues, generation


def test_connection_test_says_each_step(attendance_server, connect):
    steps = list(connect(attendance_server).test_connection())
    assert [(step.step, step.ok) for step in steps] == [
        ("reach", True),
        ("token", True),
        ("types", True),
        ("locations", True),
        ("generation", True),
    ]
    assert steps[2].sentence == "Attendance types found: 2."
    assert steps[2].found == [("2", "Training", "Class room"), ("3", "Health check", "")]
    assert steps[3].found == [("1", "North school", "")]
    assert steps[4].found == attendance_server.generation


def test_reaching_a_server_shows_it_no_secret(attendance_server, connect):
    next(connect(attendance_server).test_connection())
    (request,) = attendance_server.requests()
    assert request["method"] == "GET"
    assert request["body"] == request["authorization"] == ""


def test_connection_test_ends_at_a_wrong_secret(attendance_server, attendance_clients):
    client = attendance_clients.AttendanceServerClient(attendance_server.url, CLIENT_ID, "old", allow_http=True)
    steps = list(client.test_connection())
    assert [(step.step, step.ok) for step in steps] == [("reach", True), ("token", False)]
    assert "enter the current ones" in steps[1].sentence


def test_connection_test_goes_on_after_missing_types(attendance_server, connect):
    attendance_server.faults({"path": "/attendance/types", "status": 404})
    steps = {step.step: step for step in connect(attendance_server).test_connection()}
    assert {name: step.ok for name, step in steps.items()} == {
        "reach": True,
        "token": True,
        "types": False,
        "locations": True,
        "generation": True,
    }
    assert "/attendance/types" in steps["types"].sentence


def test_generation_is_found_without_a_version(attendance_server, connect):
    assert connect(attendance_server).generation() == attendance_server.generation


@pytest.mark.parametrize("slash", ["", "/"])
def test_base_url_with_a_path_works_everywhere(tmp_path, attendance_clients, slash):
    server = AttendanceServerProcess(tmp_path / "data.jsonl", people=people(3), base_path="/gate/att")
    with server:
        client = attendance_clients.AttendanceServerClient(
            server.url + slash, CLIENT_ID, CLIENT_SECRET, allow_http=True, attendances_endpoint="attendances"
        )
        assert all(step.ok for step in client.test_connection())
        (chunk,) = client.fetch(["NID-000001"], *MARCH)
        server.faults({"path": "/attendances", "strip_body": True})
        (alone,) = client.fetch(["NID-000001"], *MARCH)
    assert len(chunk.records) == len(alone.records) == 12


# --- what a question looks like


def test_question_has_both_dates_a_limit_and_only_known_identifiers(attendance_server, connect):
    client = connect(attendance_server, page_size=7)
    wanted = [f"NID-{number:06}" for number in range(20)]
    chunks = list(client.fetch(wanted, *MARCH))
    requests = attendance_server.requests("/attendances")
    assert [request["person_ids"] for request in requests] == [wanted[:7], wanted[7:14], wanted[14:]]
    assert [chunk.asked_ids for chunk in chunks] == [tuple(wanted[:7]), tuple(wanted[7:14]), tuple(wanted[14:])]
    for request in requests:
        assert request["query"] == {"page": "1", "limit": "7", "from_date": "2026-03-01", "to_date": "2026-03-31"}
        assert request["authorization"].startswith("Bearer ")


def test_nobody_is_asked_for_nobody(attendance_server, connect):
    assert list(connect(attendance_server).fetch([], *MARCH)) == []
    assert attendance_server.requests() == []


@pytest.mark.parametrize("identifier", ["", "   ", None, 7])
def test_empty_identifiers_are_never_sent(attendance_server, connect, identifier):
    with pytest.raises(ValueError):
        list(connect(attendance_server).fetch(["NID-000001", identifier], *MARCH))
    assert attendance_server.requests("/attendances") == []


@pytest.mark.parametrize(
    "window", [(None, date(2026, 3, 1)), (date(2026, 3, 1), None), (date(2026, 3, 2), date(2026, 3, 1))]
)
def test_half_a_window_is_refused_before_anything_is_sent(attendance_server, connect, window):
    with pytest.raises(ValueError):
        connect(attendance_server).fetch(["NID-000001"], *window)
    assert attendance_server.requests() == []


def test_repeated_identifiers_are_asked_for_once(attendance_server, connect):
    (chunk,) = connect(attendance_server).fetch(["NID-000001"] * 5, *MARCH)
    assert chunk.asked_ids == ("NID-000001",)
    assert len(chunk.records) == 12


# --- what an answer means


@pytest.mark.parametrize("page_size", [1, 7, 100])
def test_every_page_size_finds_the_same(attendance_server, connect, page_size):
    wanted = [person["person_identifier"] for person in people(30)]
    chunks = list(connect(attendance_server, page_size=page_size).fetch(wanted, *MARCH))
    assert max(len(chunk.asked_ids) for chunk in chunks) == min(page_size, 30)
    found = records_by_person(chunks)
    for person in people(30):
        mine = {(record.external_id, str(record.date)) for record in found[person["person_identifier"]]}
        assert mine == {(str(row["id"]), row["date"]) for row in person["rows"]}


def test_unknown_and_archived_are_missing_and_never_absent(attendance_server, connect):
    (chunk,) = connect(attendance_server).fetch(["NID-000001", "GONE", "NOBODY", "NEVER"], *MARCH)
    assert chunk.missing_ids == ("GONE", "NOBODY")
    assert chunk.known_ids == ("NID-000001", "NEVER")
    assert chunk.zero_ids == ("NEVER",)
    assert {record.person_identifier for record in chunk.records} == {"NID-000001"}


def test_only_unknown_persons_is_a_usable_answer(attendance_server, connect):
    (chunk,) = connect(attendance_server).fetch(["NOBODY"], *MARCH)
    assert (chunk.missing_ids, chunk.known_ids, chunk.records) == (("NOBODY",), (), [])


def test_absences_are_facts_of_their_own_category(attendance_server, connect):
    (chunk,) = connect(attendance_server).fetch(["MIXED", "AWAY"], *MARCH)
    counted = Counter((record.person_identifier, str(record.date), record.category) for record in chunk.records)
    absent = "absent" if attendance_server.generation == "S2" else "present"  # S1 knows presences only
    assert counted == {
        ("MIXED", "2026-03-05", "present"): 2,
        ("MIXED", "2026-03-06", absent): 1,
        ("AWAY", "2026-03-05", absent): 1,
    }
    assert chunk.zero_ids == (("AWAY",) if attendance_server.generation == "S2" else ())


def test_records_are_complete_and_their_texts_harmless(attendance_server, connect, attendance_clients):
    (chunk,) = connect(attendance_server).fetch(["MIXED", "NID-000000"], *MARCH)
    first, second = sorted(
        (record for record in chunk.records if record.person_identifier == "MIXED" and record.date.day == 5),
        key=lambda record: record.time,
    )
    assert first == attendance_clients.AttendanceRecord(
        external_id=first.external_id,
        person_identifier="MIXED",
        date=date(2026, 3, 5),
        time=clock_time(8, 0),
        type_external_id="",
        location_external_id="",
        description="Module 4",
        url="https://files.example.org/scan/88",
        category="present",
        submitted_by="tablet",
        submitted_datetime="2026-03-05 17:00:00",
        source="tablet-7",
    )
    assert second.description == "Lineone"  # without the NUL that PostgreSQL refuses
    assert second.url == ""  # following a javascript: link would run it
    assert second.source == ""  # the server says false
    typed = {record.date.day: record for record in chunk.records if record.person_identifier == "NID-000000"}
    assert (typed[1].type_external_id, typed[1].location_external_id) == ("2", "1")
    assert (typed[5].type_external_id, typed[5].location_external_id) == ("", "")


def test_window_type_and_location_filter(attendance_server, connect):
    client = connect(attendance_server)
    (chunk,) = client.fetch(["NID-000000"], date(2026, 3, 2), date(2026, 3, 4))
    assert sorted(record.date.day for record in chunk.records) == [2, 3, 4]
    (chunk,) = client.fetch(["NID-000000"], *MARCH, type_id="3")
    assert {record.type_external_id for record in chunk.records} == {"3"}
    (chunk,) = client.fetch(["NID-000000"], *MARCH, location_id=1)
    assert len(chunk.records) == 10
    assert chunk.dropped_records == 0
    assert attendance_server.requests("/attendances")[-1]["query"]["attendance_location"] == "1"


def test_facts_outside_the_question_are_dropped_and_counted(attendance_server, connect):
    """A server that ignores the filter answers more than was asked, which must not change what is counted."""
    status, whole = _ask(attendance_server, {"person_ids": ["NID-000000"]})
    assert (status, len(whole["records"][0]["attendance_list"])) == (200, 12)
    attendance_server.faults({"path": "/attendances", "answer": whole})
    client = connect(attendance_server)
    (chunk,) = client.fetch(["NID-000000"], date(2026, 3, 2), date(2026, 3, 3))
    assert (len(chunk.records), chunk.dropped_records, chunk.zero_ids) == (2, 10, ())
    (chunk,) = client.fetch(["NID-000000"], date(2025, 3, 2), date(2025, 3, 3))
    assert (len(chunk.records), chunk.dropped_records, chunk.zero_ids) == (0, 12, ("NID-000000",))
    (chunk,) = client.fetch(["NID-000000"], *MARCH, type_id=3, location_id=1)
    assert {record.type_external_id for record in chunk.records} == {"3"}


def test_unknown_type_is_refused_in_harmless_words(attendance_server, connect, attendance_clients):
    with pytest.raises(attendance_clients.BadAnswer, match="Its own words: “Attendance Type 99 does not exist"):
        next(connect(attendance_server).fetch(["NID-000001"], *MARCH, type_id="99"))


@pytest.mark.parametrize("is_stripped", [False, True])
def test_identifiers_are_texts_and_keep_every_letter(attendance_server, connect, is_stripped):
    """Also where a proxy drops the body and each person has to stand in an address."""
    if is_stripped:
        attendance_server.faults({"path": "/attendances", "strip_body": True})
    (chunk,) = connect(attendance_server).fetch([*ODD_IDENTIFIERS, "00007"], *MARCH)
    unaskable = ("A/B 9", "types", "..") if is_stripped else ()
    assert chunk.unaskable_ids == unaskable
    assert chunk.missing_ids == ("00007",)
    assert chunk.one_by_one == is_stripped
    row_ids = {person["person_identifier"]: str(row["id"]) for person in odd_people() for row in person["rows"]}
    assert {record.person_identifier: record.external_id for record in chunk.records} == {
        identifier: row_ids[identifier] for identifier in ODD_IDENTIFIERS if identifier not in unaskable
    }


def test_digest_is_of_the_raw_answer(attendance_server, connect):
    (first,) = connect(attendance_server).fetch(["NID-000001"], *MARCH)
    (again,) = connect(attendance_server).fetch(["NID-000001"], *MARCH)
    (other,) = connect(attendance_server).fetch(["NID-000002"], *MARCH)
    assert len(first.digest) == 64
    assert first.digest == again.digest != other.digest


# --- where a proxy drops the body of a GET


def test_lost_body_is_noticed_and_nobody_else_is_reported(attendance_server, connect):
    attendance_server.faults({"path": "/attendances", "strip_body": True})
    client = connect(attendance_server, page_size=5)
    wanted = ["NID-000021", "NOBODY", "NEVER", "MIXED"]
    (chunk,) = client.fetch(wanted, *MARCH)
    assert chunk.one_by_one
    assert {record.person_identifier for record in chunk.records} == {"NID-000021", "MIXED"}
    assert (chunk.missing_ids, chunk.zero_ids) == (("NOBODY",), ("NEVER",))
    assert len(records_by_person([chunk])["NID-000021"]) == 12  # three pages of five
    list(client.fetch(wanted, *MARCH))
    assert len(attendance_server.requests("/attendances")) == 1, "other people's data is not asked for a second time"


def test_lost_body_is_noticed_although_only_asked_persons_came(attendance_server, connect):
    """The first page of everybody may happen to be the persons asked for; that more are announced gives it away."""
    attendance_server.faults({"path": "/attendances", "strip_body": True})
    wanted = [f"NID-{number:06}" for number in range(5)]
    (chunk,) = connect(attendance_server, page_size=5).fetch(wanted, *MARCH)
    assert chunk.one_by_one
    assert len(chunk.records) == 60


@pytest.mark.parametrize("status", [403, 411])
def test_proxy_that_refuses_a_body(attendance_server, connect, status):
    attendance_server.faults({"path": "/attendances", "status": status})
    (chunk,) = connect(attendance_server).fetch(["NID-000001"], *MARCH)
    assert chunk.one_by_one
    assert len(chunk.records) == 12


# --- a gateway that gives out fewer persons than the limit allows


def test_short_pages_are_walked_or_refused(tmp_path, connect, attendance_clients):
    """S1 has pages; S2 would give page 1 again and again, which ends with an error and not with half the people."""
    wanted = [f"NID-{number:06}" for number in range(10)]
    for generation in ("S1", "S2"):
        server = AttendanceServerProcess(tmp_path / generation, generation=generation, people=people(20), max_limit=4)
        with server:
            fetch = connect(server).fetch(wanted, *MARCH)
            if generation == "S1":
                (chunk,) = fetch
                assert chunk.known_ids == tuple(wanted)
            else:
                with pytest.raises(attendance_clients.BadAnswer, match="repeats persons"):
                    next(fetch)
                assert len(server.requests("/attendances")) == 2


# --- many people


def test_ten_thousand_people_quickly(tmp_path, connect):
    with AttendanceServerProcess(tmp_path / "data.jsonl", people=people(10_000)) as server:
        began = time.monotonic()
        count = 0
        for chunk in connect(server, page_size=200).fetch((f"NID-{n:06}" for n in range(10_000)), *MARCH):
            count += len(chunk.records)
            assert not chunk.missing_ids
        assert count == 120_000
        assert time.monotonic() - began < 60
        assert len(server.requests("/attendances")) == 50


_MEASURE = """
import importlib.util, json, resource, sys
from datetime import date
spec = importlib.util.spec_from_file_location("clients", sys.argv[1])
sys.modules["clients"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
client = package.AttendanceServerClient(sys.argv[2], sys.argv[3], sys.argv[4], allow_http=True, page_size=100)
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
def run(people):
    identifiers = (f"NID-{number:06}" for number in range(people))
    return sum(len(chunk.records) for chunk in client.fetch(identifiers, date(2026, 3, 1), date(2026, 3, 31)))
run(200)
before = peak()
records = run(int(sys.argv[5]))
print(json.dumps({"records": records, "grown_kb": peak() - before}))
"""


def test_memory_does_not_grow_with_people(tmp_path):
    """Twenty thousand people, in a process of its own; what the first two chunks need is not counted."""
    with AttendanceServerProcess(tmp_path / "data.jsonl", people=people(20_000)) as server:
        arguments = [str(_package() / "__init__.py"), server.url, CLIENT_ID, CLIENT_SECRET, "20000"]
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, *arguments], check=True, capture_output=True, text=True, timeout=300
        )
    measured = json.loads(done.stdout)
    assert measured["records"] == 240_000
    assert measured["grown_kb"] < 10_000


def _ask(server, body, query=""):
    """GET /attendances as any other program would."""
    _status, token = server.call("POST", "/auth/token", {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    headers = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/json"}
    return server.call("GET", f"/attendances{query}", body, headers)
