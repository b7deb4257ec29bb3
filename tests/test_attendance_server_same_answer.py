# Part of the SPP attendance suite. LGPL-3.
"""An answer that is byte for byte the one of before is recognised and not read."""

from doubles.attendance_server_process import AttendanceServerProcess, people
from tests.attendance_server_questions import MARCH

_FIVE = [f"NID-{number:06}" for number in range(5)]


def test_the_same_answer_is_known(attendance_server, connect):
    client = connect(attendance_server)
    (first,) = client.fetch(_FIVE, *MARCH)
    (again,) = client.fetch(_FIVE, *MARCH, known_digest=first.digest)
    assert (first.is_known, len(first.records), len(first.known_ids)) == (False, 60, 5)
    assert (again.is_known, again.records, again.known_ids) == (True, [], ())
    assert (again.digest, again.asked_ids) == (first.digest, first.asked_ids)


def test_any_other_answer_is_read(attendance_server, connect):
    client = connect(attendance_server)
    (first,) = client.fetch(_FIVE, *MARCH)
    attendance_server.faults({"path": "/attendances", "pad": 1})
    (other,) = client.fetch(_FIVE, *MARCH, known_digest=first.digest)
    assert (other.is_known, other.records) == (False, first.records)
    attendance_server.faults()
    (fewer,) = client.fetch(_FIVE[:4], *MARCH, known_digest=first.digest)
    assert (fewer.is_known, len(fewer.records)) == (False, 48)


def test_an_answer_of_several_pages_is_known_by_all_of_them(tmp_path, connect):
    with AttendanceServerProcess(tmp_path / "data.jsonl", generation="S1", people=people(5), max_limit=2) as server:
        client = connect(server)
        (first,) = client.fetch(_FIVE, *MARCH)
        (again,) = client.fetch(_FIVE, *MARCH, known_digest=first.digest)
        assert (first.is_known, again.is_known) == (False, True)
        assert len(server.requests("/attendances")) == 6
