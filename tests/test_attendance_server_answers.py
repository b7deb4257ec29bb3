# Part of the SPP attendance suite. LGPL-3.
"""Answers of an attendance server that cannot be trusted are refused whole."""

import copy
import json

import pytest

from doubles.attendance_server_process import CLIENT_ID, CLIENT_SECRET, AttendanceServerProcess, people
from tests.attendance_server_questions import MARCH, failure, one


@pytest.mark.parametrize(
    "answer",
    [
        "<html>Login</html>",
        "",
        "null",
        "[]",
        "{}",
        '{"records": []}',
        "{" * 5000,
        "[" * 100_000,
        "9" * 5000,
        '{"a": NaN',
    ]
    + ['{"records": {}, "pagination": {"total_records": 0}}', '{"records": [], "pagination": {"total_records": "0"}}'],
)
def test_answer_that_is_no_answer(attendance_server, connect, attendance_clients, answer):
    attendance_server.faults({"path": "/attendances", "answer": answer})
    failure(connect(attendance_server), attendance_clients.BadAnswer)


_ROW = ["records", 0, "attendance_list", 0]


@pytest.mark.parametrize(
    "place, value",
    [
        (["records", 0, "person_id"], None),
        (["records", 0, "person_id"], 7),
        (["records", 0, "number_of_days_present"], 11),
        (["records", 0, "number_of_days_present"], "12"),
        (["records", 0, "number_of_days_present"], True),
        (["records", 0, "dates_present"], ["2026-03-01"] * 12),
        (["records", 0, "dates_present", 0], "2026-04-01"),
        (["records", 0, "dates_present", 0], "20260301"),
        (["records", 0, "attendance_list"], []),
        (["records", 0, "attendance_list"], None),
        ([*_ROW], "row"),
        ([*_ROW, "id"], "12"),
        ([*_ROW, "id"], True),
        ([*_ROW, "id"], 2**63),
        ([*_ROW, "id"], 14),  # the id of another row
        ([*_ROW, "date"], "2026-02-30"),
        ([*_ROW, "date"], False),
        ([*_ROW, "time"], "8 o'clock"),
        ([*_ROW, "time"], "24:00:00"),
        ([*_ROW, "time"], "08:00:00+02:00"),
        ([*_ROW, "attendance_type"], 2),
        ([*_ROW, "attendance_type"], {"name": "Training"}),
        ([*_ROW, "attendance_location"], [1]),
        ([*_ROW, "attendance_description"], {"text": "x"}),
        ([*_ROW, "submitted_by"], 5),
        ([*_ROW, "attendance_category"], "late"),
        ([*_ROW, "attendance_category"], False),
        ([*_ROW, "attendance_category"], "absent"),  # although dates_present has the day
        (["pagination"], None),
        (["pagination", "total_records"], 0),
    ],
)
def test_wrong_part_of_an_answer(attendance_server, connect, attendance_clients, place, value):
    attendance_server.faults({"path": "/attendances", "set": [[place, value]]})
    error = failure(connect(attendance_server), attendance_clients.BadAnswer)
    assert "cannot be used" in str(error)


def test_any_wrong_value_anywhere_is_an_answer_or_a_bad_answer(attendance_server, attendance_clients, connect):
    """Each part of a true answer replaced by each of these values, without a network between."""
    one(connect(attendance_server))
    _status, token = attendance_server.call(
        "POST", "/auth/token", {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    )
    headers = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/json"}
    _status, whole = attendance_server.call("GET", "/attendances", {"person_ids": ["NID-000001", "MIXED"]}, headers)
    wrong = [
        None,
        True,
        False,
        0,
        -1,
        2**70,
        1.5,
        "",
        "x",
        "\ud800",
        "\x00",
        [],
        [None],
        {},
        {"id": 0},
        [[]],
        float("nan"),
    ]
    answers = attendance_clients.answers
    refused = tried = 0
    for place in list(_places(whole)):
        for value in wrong:
            spoiled = copy.deepcopy(whole)
            parent = spoiled
            for key in place[:-1]:
                parent = parent[key]
            parent[place[-1]] = value
            tried += 1
            try:
                page = answers.parse_persons(spoiled)
            except attendance_clients.BadAnswer:
                refused += 1
            else:
                json.dumps([[record.description, record.url] for person in page.items for record in person.records])
                texts = "".join(
                    record.description + record.source for person in page.items for record in person.records
                )
                texts.encode()  # no half of a surrogate pair
                assert "\x00" not in texts
    assert tried > 1000 and refused > tried / 2


def _places(value, place=()):
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in pairs:
        yield (*place, key)
        yield from _places(part, (*place, key))


@pytest.mark.parametrize(
    "place, value",
    [
        (["person_id"], "NID-000002"),
        (["pagination", "total_records"], 13),
        (["attendance_list", 0, "id"], 14),
        (["dates_present", 0], "2026-04-01"),
    ],
)
def test_wrong_answer_about_one_person(attendance_server, connect, attendance_clients, place, value):
    attendance_server.faults(
        {"path": "/attendances", "strip_body": True},
        {"path": "/attendance/NID", "set": [[place, value]]},
    )
    failure(connect(attendance_server), attendance_clients.BadAnswer)
    assert len(attendance_server.requests("/attendance/NID")) <= 2


def test_page_of_a_person_that_repeats_itself(attendance_server, connect, attendance_clients):
    attendance_server.faults({"path": "/attendances", "strip_body": True})
    client = connect(attendance_server, page_size=12)
    one(client)
    attendance_server.faults({"path": "/attendance/NID", "set": [[["pagination", "total_records"], 24]]})
    failure(client, attendance_clients.BadAnswer)


def test_pages_of_a_person_that_contradict_each_other(attendance_server, connect, attendance_clients):
    attendance_server.faults(
        {"path": "/attendances", "strip_body": True},
        {"path": "/attendance/NID", "times": 1, "set": [[["dates_present", 0], "2026-04-01"]]},
    )
    error = failure(connect(attendance_server, page_size=5), attendance_clients.BadAnswer)
    assert "between two pages" in str(error)


def test_more_attendances_than_anybody_can_have(attendance_server, connect, attendance_clients):
    attendance_server.faults(
        {"path": "/attendances", "strip_body": True},
        {"path": "/attendance/NID", "set": [[["pagination", "total_records"], 10**9]]},
    )
    failure(connect(attendance_server), attendance_clients.BadAnswer)
    assert len(attendance_server.requests("/attendance/NID")) == 1


def test_more_persons_announced_than_sent(attendance_server, connect, attendance_clients):
    """S1 has an empty second page then, S2 the first one again."""
    attendance_server.faults({"path": "/attendances", "set": [[["pagination", "total_records"], 2]]})
    failure(
        connect(attendance_server),
        attendance_clients.BadAnswer,
        lambda client: list(client.fetch(["NID-000001", "NOBODY"], *MARCH)),
    )
    assert len(attendance_server.requests("/attendances")) == 2


def test_foreign_person_in_the_answer(attendance_server, connect):
    """As many persons as asked for, but not the ones asked for."""
    attendance_server.faults({"path": "/attendances", "set": [[["records", 0, "person_id"], "NID-000009"]]})
    chunk = one(connect(attendance_server))
    assert chunk.one_by_one
    assert {record.person_identifier for record in chunk.records} == {"NID-000001"}


@pytest.mark.parametrize("fault", [{"pad": 3_000_000}, {"pad": 3_000_000, "gzip": True}])
def test_endless_answer_is_cut_off(attendance_server, connect, attendance_clients, fault):
    attendance_server.faults({"path": "/attendances", **fault})
    error = failure(connect(attendance_server, max_response_bytes=1_000_000), attendance_clients.BadAnswer)
    assert error.values == {"megabytes": 1}
    assert len(one(connect(attendance_server)).records) == 12


def test_broken_compression(attendance_server, connect, attendance_clients):
    attendance_server.faults({"path": "/attendances", "headers": {"Content-Encoding": "gzip"}})
    failure(connect(attendance_server), attendance_clients.BadAnswer)


@pytest.mark.parametrize("path", ["/attendances", "/auth/token"])
def test_redirects_are_refused(attendance_server, tmp_path, connect, attendance_clients, path):
    with AttendanceServerProcess(tmp_path / "other.jsonl", people=people(3)) as other:
        for target in (other.url, attendance_server.url):
            attendance_server.faults({"path": path, "redirect": target + "/attendances"})
            failure(connect(attendance_server), attendance_clients.BadAnswer)
        assert other.requests() == []


def test_two_persons_in_one_answer_with_the_same_attendance(attendance_server, connect, attendance_clients):
    place = ["records", 1, "attendance_list", 0, "id"]
    attendance_server.faults({"path": "/attendances", "set": [[place, 1]]})
    failure(
        connect(attendance_server),
        attendance_clients.BadAnswer,
        lambda client: list(client.fetch(["NID-000000", "NID-000001"], *MARCH)),
    )
