# Part of the SPP attendance suite. LGPL-3.
"""The double of the external attendance server keeps the wire contract, quirks included, or tests against it prove little."""

import base64
import json
import time

import pytest

from doubles.attendance_server_process import (
    CLIENT_ID,
    CLIENT_SECRET,
    LOCATIONS,
    TYPES,
    AttendanceServerProcess,
    people,
)

PAIR = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


def token(server):
    status, answer = server.call("POST", "/auth/token", PAIR)
    assert status == 200
    return answer["access_token"]


def call(server, method, path, body=None, **headers):
    """A request with a token and a JSON body."""
    headers = {"Authorization": f"Bearer {token(server)}", "Content-Type": "application/json", **headers}
    return server.call(method, path, body, headers)


def message(server, method, path, body=None):
    status, answer = call(server, method, path, body)
    assert status == answer["error"]["code"] == 400
    return answer["error"]["message"]


def ids(answer):
    return [record["person_id"] for record in answer["records"]]


@pytest.fixture(params=["S1", "S2"])
def own_server(request, tmp_path):
    """Function: a server of this test alone, which may be written to."""
    running = []

    def start(**settings):
        server = AttendanceServerProcess(tmp_path / "own.jsonl", generation=request.param, people=people(3), **settings)
        server.start()
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


# --- token and errors


def test_token_looks_like_a_jwt_and_has_no_expires_in(attendance_server):
    status, answer = attendance_server.call("POST", "/auth/token", PAIR)
    assert (status, set(answer)) == (200, {"access_token", "token_type"})
    head, claims, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in answer["access_token"].split(".")
    )
    assert json.loads(head) == {"alg": "RS256", "typ": "JWT"}
    claims = json.loads(claims)
    assert set(claims) == {"iat", "exp", "iss"}
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - time.time()) < 60
    assert len(signature) == 256


@pytest.mark.parametrize(
    "body, status",
    [(b"{", 400), ({}, 400), ({**PAIR, "client_secret": ""}, 400), ({**PAIR, "client_secret": "x"}, 401)],
)
def test_token_route_has_an_error_shape_of_its_own(attendance_server, body, status):
    found, answer = attendance_server.call("POST", "/auth/token", body)
    assert found == status
    assert isinstance(answer["error"], str) and isinstance(answer["error_description"], str)


def test_protected_routes_refuse(attendance_server):
    status, answer = attendance_server.call("GET", "/attendances", None, {"Authorization": "Bearer wrong"})
    assert (status, answer) == (401, {"error": {"code": 401, "message": "Unauthorized"}})
    for headers in ({}, {"Authorization": "Basic abc"}):
        status, answer = attendance_server.call("GET", "/attendances", None, headers)
        assert status == 500 and answer.startswith("<!doctype html>")
    assert message(attendance_server, "GET", "/attendances", b"{") == "data must be in JSON format."


def test_token_ends_and_outlives_its_secret(own_server):
    server = own_server(token_seconds=0.5)
    headers = {"Authorization": f"Bearer {token(server)}"}
    server.change(clients={})
    assert server.call("GET", "/attendance/types", None, headers)[0] == 200
    time.sleep(0.6)
    assert server.call("GET", "/attendance/types", None, headers)[0] == 401


@pytest.mark.parametrize(
    "query, text",
    [
        ("page=x", "Page and limit must be integers."),
        ("limit=0", "Page and limit must be positive integers."),
        ("from_date=1.3.2026&to_date=2026-03-02", "FromDate and ToDate must be in the format YYYY-MM-DD."),
        ("from_date=2026-03-03&to_date=2026-03-02", "FromDate must be less than or equal to ToDate."),
        ("attendance_type=x", "Attendance Type must be an integer."),
        ("attendance_location=x", "Attendance Location must be an integer."),
        ("attendance_type=9", "Attendance Type 9 does not exist. Available: 2: Training, 3: Health check"),
    ],
)
def test_wrong_queries(attendance_server, query, text):
    assert message(attendance_server, "GET", f"/attendances?{query}") == text


# --- reading


def test_empty_list_is_everybody_and_unknown_is_nobody(attendance_server):
    for body in (None, {}, {"person_ids": []}):
        status, answer = call(attendance_server, "GET", "/attendances", body)
        assert (status, len(answer["records"])) == (200, 30)
        assert answer["pagination"]["total_records"] > 30
    asked = {"person_ids": ["NOBODY", "GONE", "NEVER", None]}
    _status, answer = call(attendance_server, "GET", "/attendances", asked)
    assert answer["records"] == [
        {"person_id": "NEVER", "dates_present": [], "number_of_days_present": 0, "attendance_list": []}
    ]


def test_form_type_makes_the_body_invisible(attendance_server):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    _status, answer = call(attendance_server, "GET", "/attendances", {"person_ids": ["NEVER"]}, **headers)
    assert len(answer["records"]) == 30


def test_only_s1_has_pages_and_only_s2_a_cursor(attendance_server):
    _status, first = call(attendance_server, "GET", "/attendances?limit=10&page=1")
    _status, second = call(attendance_server, "GET", "/attendances?limit=10&page=2")
    _status, after = call(attendance_server, "GET", "/attendances?limit=10&last_id=10")
    assert second["pagination"]["page"] == 2
    if attendance_server.generation == "S1":
        assert ids(second) == [f"NID-{number:06}" for number in range(10, 20)]
        assert ids(after) == ids(first)
    else:
        assert ids(second) == ids(first)
        assert ids(after) == [f"NID-{number:06}" for number in range(10, 20)]
        assert after["pagination"]["total_records"] == first["pagination"]["total_records"] - 10
        assert message(attendance_server, "GET", "/attendances?last_id=x") == "last_id must be an integer."


def test_single_date_is_ignored(attendance_server):
    asked = {"person_ids": ["NID-000001"]}

    def days(query):
        _status, answer = call(attendance_server, "GET", f"/attendances?{query}", asked)
        return answer["records"][0]["number_of_days_present"]

    assert days("from_date=2026-03-10") == days("to_date=nonsense") == days("") == 12
    assert days("from_date=2026-03-10&to_date=2026-03-11") == 2


def test_shape_of_a_row(attendance_server):
    _status, answer = call(attendance_server, "GET", "/attendances", {"person_ids": ["NID-000000"]})
    rows = answer["records"][0]["attendance_list"]
    assert [row["date"] for row in rows] == sorted((row["date"] for row in rows), reverse=True)
    oldest, without_type = rows[-1], rows[-5]
    assert oldest["attendance_type"] == TYPES[0] and oldest["attendance_location"] == LOCATIONS[0]
    assert oldest["attendance_location"]["description"] is False
    assert without_type["attendance_type"] == without_type["attendance_location"] == {}
    assert oldest["attendance_description"] is False
    assert ("attendance_category" in oldest) == (attendance_server.generation == "S2")


def test_absent_rows_stay_in_the_list(attendance_server):
    _status, answer = call(attendance_server, "GET", "/attendances", {"person_ids": ["AWAY"]})
    (record,) = answer["records"]
    assert len(record["attendance_list"]) == 1
    assert record["number_of_days_present"] == (0 if attendance_server.generation == "S2" else 1)


def test_route_of_a_person_pages_through_attendances(attendance_server):
    _status, answer = call(attendance_server, "GET", "/attendance/NID-000001?limit=5&page=3")
    assert len(answer["attendance_list"]) == 2
    assert len(answer["dates_present"]) == answer["number_of_days_present"] == 12
    assert answer["pagination"] == {"page": 3, "limit": 5, "total_records": 12, "total_pages": 3}
    assert message(attendance_server, "GET", "/attendance/GONE") == "PersonID GONE does not exist."
    assert call(attendance_server, "GET", "/attendance/A%2FB%209")[0] == 404
    assert call(attendance_server, "GET", "/attendance/%C3%91and%C3%BA-%D9%A1")[1]["person_id"] == "Ñandú-١"
    assert call(attendance_server, "GET", "/attendance/types")[1] == {"records": TYPES}


def test_subscribers_are_only_in_s2(attendance_server):
    status, answer = call(attendance_server, "GET", "/subscribers?limit=1")
    single, inner = call(attendance_server, "GET", "/subscriber/NID-000001")
    if attendance_server.generation == "S1":
        assert status == single == 404
    else:
        assert answer["records"][0]["id"] == answer["records"][0]["person_id"] == "NID-000000"
        assert inner["name"] == "Doe, N1" and inner["email"] is False


# --- writing


def _post(cards, person="NID-000001", **more):
    records = [{"person_id": person, "time_card": cards}]
    return {"submitted_by": "clerk", "submitted_datetime": "whenever", "records": records, **more}


def _rows(server, person="NID-000001"):
    return call(server, "GET", "/attendances", {"person_ids": [person]})[1]["records"][0]["attendance_list"]


def test_post_checks_all_and_returns_no_ids(own_server):
    server = own_server()
    card = {"date_time": "2026-04-01 08:00:00", "attendance_type": "2", "attendance_location": 0}
    status, answer = call(server, "POST", "/attendances", _post([card, card]))
    assert (status, answer) == (
        200,
        {"message": "Attendance list created successfully.", "person_ids": ["NID-000001"]},
    )
    new = _rows(server)[:2]  # twice the same inside one request: both are kept
    assert [row["date"] for row in new] == ["2026-04-01"] * 2
    assert new[0]["attendance_type"]["id"] == 2 and new[0]["attendance_location"] == {}
    assert new[0]["submitted_datetime"] == "whenever"
    assert message(server, "POST", "/attendances", {}) == (
        "Missing required fields: records, submitted_by, submitted_datetime"
    )
    assert message(server, "POST", "/attendances", _post([card], "NOBODY")) == "person_id does not exist."
    assert call(server, "POST", "/attendances", _post([{"date_time": "yesterday"}]))[0] == 500
    late = {"date_time": "2026-04-02 08:00:00", "attendance_category": "late"}
    if server.generation == "S2":
        assert message(server, "POST", "/attendances", _post([card, late])).startswith("Invalid category.")
        assert len(_rows(server)) == 14
    else:
        assert call(server, "POST", "/attendances", _post([late]))[0] == 200


def test_duplicates_are_refused_where_the_switch_is_on(own_server):
    server = own_server(date_unique=True)
    again = _post([{"date_time": "2026-03-01 09:00:00"}])
    assert "already exists" in message(server, "POST", "/attendances", again)
    status, answer = call(server, "POST", "/attendances?ignore_unique=true", again)
    if server.generation == "S2":
        assert (status, answer["person_ids"]) == (200, ["NID-000001"])
    else:
        assert status == 400
    assert len(_rows(server)) == 12


def test_put_keeps_what_it_did_before_an_error(own_server):
    server = own_server()
    changes = [{"id": 13, "time_card": {"date_time": "2026-05-01 08:00:00"}}, {"id": 10**6, "time_card": {}}]
    body = {"submitted_by": "clerk", "submitted_datetime": "now", "records": changes}
    assert call(server, "PUT", "/attendances", body)[0] == 400
    assert _rows(server)[0]["id"] == 13
    body["records"] = [{"id": 13, "time_card": {"attendance_type": None}}]
    assert call(server, "PUT", "/attendances", body)[0] == 500
    body["records"] = [{"id": 13, "time_card": {"attendance_category": "ABSENT"}}]
    assert call(server, "PUT", "/attendances", body) == (200, {"message": "Attendance list updated successfully."})
    assert _rows(server)[0].get("attendance_category") == ("absent" if server.generation == "S2" else None)


def test_delete_leaves_no_trace(own_server):
    server = own_server()
    assert call(server, "DELETE", "/attendances?ids=13,10000000")[0] == 200
    assert len(_rows(server)) == 11
    for wrong in ("13", "", "x"):
        assert call(server, "DELETE", f"/attendances?ids={wrong}")[0] == 400
