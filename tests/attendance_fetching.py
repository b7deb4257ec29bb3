# Part of the SPP attendance suite. LGPL-3.
"""A run that asks an attendance server, on a running server: two starts, no lock, kill -9 in the middle."""

from concurrent.futures import ThreadPoolExecutor

import psycopg2

from demo.main_job import MainJob
from demo.scenario import DEFAULT, load
from doubles.attendance_server_process import CLIENT_ID, CLIENT_SECRET, AttendanceServerProcess, people

_PEOPLE = 40
_PAGE = 2
_ROWS = 12
_ASKED_BEFORE_THE_KILL = 10
_LOCK_EVERYTHING = """
SELECT (SELECT count(*) FROM (SELECT FROM spp_attendance_compliance_run FOR UPDATE NOWAIT) AS rows)
     + (SELECT count(*) FROM (SELECT FROM spp_attendance_run_person FOR UPDATE NOWAIT) AS rows)
     + (SELECT count(*) FROM (SELECT FROM spp_attendance_source FOR UPDATE NOWAIT) AS rows)
     + (SELECT count(*) FROM (SELECT FROM spp_event_attendance FOR UPDATE NOWAIT) AS rows)
     + (SELECT count(*) FROM (SELECT FROM spp_cycle FOR UPDATE NOWAIT) AS rows)
     + (SELECT count(*) FROM (SELECT FROM spp_cycle_membership FOR UPDATE NOWAIT) AS rows)
     + (SELECT count(*) FROM (SELECT FROM res_partner FOR UPDATE NOWAIT) AS rows)
"""


def slow_server(folder):
    """An attendance server that takes its time; a context manager."""
    return AttendanceServerProcess(folder / "people.jsonl", generation="S1", people=people(_PEOPLE, _ROWS))


def create_cycle(admin, url):
    """A cycle in March 2026 whose members are those of the double; its id."""
    vocabulary = admin.call("spp.vocabulary", "search", [("namespace_uri", "=", "urn:openspp:vocab:id-type")])[0]
    (id_type,) = admin.call(
        "spp.vocabulary.code",
        "create",
        [{"vocabulary_id": vocabulary, "code": "school", "display": "School Number", "is_local": True}],
    )
    (source,) = admin.call(
        "spp.attendance.source",
        "create",
        [
            {
                "name": "North",
                "base_url": url,
                "client_id": CLIENT_ID,
                "secret": CLIENT_SECRET,
                "id_type_id": id_type,
                "tz": "America/Bogota",
                "page_size": _PAGE,
                "allow_http": True,
            }
        ],
    )
    partners = admin.call(
        "res.partner", "create", [{"name": f"Child {number}", "is_registrant": True} for number in range(_PEOPLE)]
    )
    admin.call(
        "spp.registry.id",
        "create",
        [
            {"partner_id": partner, "id_type_id": id_type, "value": f"NID-{number:06}"}
            for number, partner in enumerate(partners)
        ],
    )
    (program,) = admin.call("spp.program", "create", [{"name": "Schooling", "target_type": "individual"}])
    (cycle,) = admin.call(
        "spp.cycle",
        "create",
        [
            {
                "name": "March",
                "program_id": program,
                "start_date": "2026-03-01",
                "end_date": "2026-03-31",
                "attendance_required": True,
                "attendance_measure": "days",
                "attendance_threshold": 10,
                "attendance_source_ids": [(6, 0, [source])],
            }
        ],
        context={"spp_historical_import": True},
    )
    admin.call(
        "spp.cycle.membership",
        "create",
        [{"cycle_id": cycle, "partner_id": partner, "state": "enrolled"} for partner in partners],
    )
    return cycle


def survive_two_starts_and_a_kill(server, attendance, rows, until):
    """Start a run three times at one moment, kill the server in the middle, and see that nothing is lost or done twice.

    :param server: running `tools.server.Server` with SPP_SECRET_KEY in its environment, whose schedule is held
    :param attendance: running `slow_server`
    """
    attendance.faults({"path": "/attendances", "delay": 0.3})
    admin = MainJob(load(DEFAULT), server).admin
    cycle = create_cycle(admin, attendance.url)

    def start(_number):
        return admin.call("spp.cycle", "action_filter_beneficiaries_by_compliance_criteria", [cycle])["res_id"]

    with ThreadPoolExecutor(3) as threads:
        (run,) = set(threads.map(start, range(3)))

    def answered():
        return rows(
            server, "SELECT count(*) FROM spp_attendance_run_person WHERE run_id = %s AND outcome = 'answered'", run
        )[0][0]

    def lock_everything():
        try:
            return bool(rows(server, _LOCK_EVERYTHING))
        except psycopg2.errors.LockNotAvailable:
            return False

    until(lambda: answered() >= _ASKED_BEFORE_THE_KILL, "the first answers")
    # locks are held for the moment of writing an answer, never while one is waited for
    assert sum(lock_everything() for _attempt in range(5)) >= 3
    server.kill()
    before = answered()
    assert before < _PEOPLE
    assert rows(server, "SELECT count(*) FROM spp_event_attendance")[0][0] == before * _ROWS
    assert not rows(server, "SELECT FROM spp_attendance_decision")
    server.start()

    def decided():
        server.wake_schedule()
        return rows(server, "SELECT state FROM spp_attendance_compliance_run WHERE id = %s", run) == [("decided",)]

    until(decided, "the run to decide")
    assert rows(server, "SELECT count(*) FROM spp_attendance_compliance_run") == [(1,)]
    assert rows(server, "SELECT result, count(*) FROM spp_attendance_decision WHERE run_id = %s GROUP BY 1", run) == [
        ("compliant", _PEOPLE)
    ]
    assert rows(server, "SELECT count(*) FROM spp_event_attendance")[0][0] == _PEOPLE * _ROWS
    asked = [tuple(request["person_ids"]) for request in attendance.requests("/attendances")]
    assert len(set(asked)) == _PEOPLE / _PAGE
    assert len(asked) <= len(set(asked)) + 1, "at most the chunk that was cut off is asked for again"
