# Part of the SPP attendance suite. LGPL-3.
"""Registers on a running server: two people at the same moment, and what the server answers to wrong input."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from tools.rpc import Client, RpcError

#: What a person must never read: words of the database or of Python.
_RAW = re.compile(
    r"psycopg|violates|constraint|null value|duplicate key|traceback|foreign key|relation \"|\bKeyError|\bTypeError",
    re.I,
)
TODAY = date.today()


class School:
    """Two teachers, a roster of four people, and sessions when they are asked for."""

    def __init__(self, server):
        self.server = server
        self.admin = Client(server.url, server.database, "admin", "admin")
        teachers = [self.admin.ref("spp_session_tracking.group_session_user")]
        managers = [self.admin.ref("spp_session_tracking.group_session_manager")]
        self.user_ids = self.admin.call(
            "res.users",
            "create",
            [
                {"login": login, "password": login, "name": login.title(), "group_ids": [(6, 0, groups)]}
                for login, groups in (("ana", teachers), ("ben", teachers), ("head", managers))
            ],
        )
        self.ana, self.ben, self.head = (
            Client(server.url, server.database, login, login) for login in ("ana", "ben", "head")
        )
        self.people = self.admin.call(
            "res.partner", "create", [{"name": f"Pupil {number}", "is_registrant": True} for number in range(1, 5)]
        )
        self.type = self.admin.call("spp.session.type", "create", {"name": "Class", "code": "CLASS"})
        self.roster = self.admin.call(
            "spp.session.roster",
            "create",
            {
                "name": "North",
                "session_type_id": self.type,
                "facilitator_id": self.user_ids[0],
                "tz": "UTC",
                "membership_ids": [
                    (0, 0, {"partner_id": person, "date_from": str(TODAY - timedelta(days=30))})
                    for person in self.people
                ],
            },
        )
        self._next_hour = iter(range(1, 23))

    def session(self, **values):
        """A session of today, at an hour of its own, led by both teachers."""
        hour = float(next(self._next_hour))
        (session,) = self.admin.call(
            "spp.session",
            "create",
            [
                {
                    "name": f"Class at {hour:g}",
                    "session_type_id": self.type,
                    "roster_id": self.roster,
                    "date": str(TODAY),
                    "start_time": hour,
                    "end_time": hour + 0.5,
                    "facilitator_id": self.user_ids[0],
                    "co_facilitator_ids": [(6, 0, [self.user_ids[1]])],
                    **values,
                }
            ],
        )
        return session


@pytest.fixture(scope="module")
def school(serve):
    with serve("registers", errors_expected=True) as server:
        yield School(server)


def marks_of(school, session):
    rows = school.admin.call(
        "spp.session.attendance", "search_read", [("session_id", "=", session)], ["participant_id", "status_id"]
    )
    return sorted((row["participant_id"][0], row["status_id"][1]) for row in rows)


def decisions(people, codes, base=False):
    return [
        {"participant_id": person, "status": code, "base": base} for person, code in zip(people, codes, strict=True)
    ]


def at_once(*calls):
    """Do calls at the same moment; what each returned or raised."""

    def attempt(call):
        try:
            return call()
        except RpcError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(attempt, calls))


def test_the_same_submission_many_times_at_once(school):
    session = school.session()
    marks = decisions(school.people, ["present", "absent", "late", "present"])
    answers = at_once(*[lambda: school.ana.call("spp.session", "save_roster", [session], marks, True)] * 6)
    assert not [answer for answer in answers if isinstance(answer, RpcError)]
    assert [status for _person, status in marks_of(school, session)] == ["Present", "Absent", "Late", "Present"]
    changes = school.admin.call("spp.session.attendance.change", "search_count", [("session_id", "=", session)])
    assert changes == 0


def test_two_teachers_at_once_see_each_others_difference(school):
    session = school.session()
    answers = at_once(
        lambda: school.ana.call(
            "spp.session", "save_roster", [session], decisions(school.people, ["present"] * 4), False
        ),
        lambda: school.ben.call(
            "spp.session", "save_roster", [session], decisions(school.people, ["absent"] * 4), False
        ),
    )
    conflicts = sorted(len(answer["conflicts"]) for answer in answers)
    assert conflicts == [0, 4], "one of them was first, the other one is told about all four"
    assert len({status for _person, status in marks_of(school, session)}) == 1


def test_submitting_while_somebody_marks(school):
    session = school.session()
    at_once(
        lambda: school.ana.call("spp.session", "action_submit", [session]),
        lambda: school.ben.call(
            "spp.session", "save_roster", [session], decisions(school.people[:1], ["present"]), False
        ),
    )
    marks = marks_of(school, session)
    assert [person for person, _status in marks] == school.people, "one mark each"


def plain_refusal(client, *call, **options):
    """The sentence with which a call is refused; it must be one for people."""
    with pytest.raises(RpcError) as caught:
        client.call(*call, **options)
    sentence = str(caught.value)
    assert caught.value.kind.startswith("odoo.exceptions."), f"{caught.value.kind}: {sentence}"
    assert not _RAW.search(sentence), sentence
    return sentence


def test_bad_input_is_refused_in_plain_sentences(school):
    manager = school.head
    session = school.session()
    marks = "spp.session.attendance"
    person = school.people[0]
    mark = manager.call(marks, "create", {"session_id": session, "participant_id": person})
    values = {"name": "Bad", "session_type_id": school.type, "date": str(TODAY)}
    membership = {"roster_id": school.roster, "partner_id": person}
    new_person = school.admin.call("res.partner", "create", {"name": "New", "is_registrant": True})
    for sentence, call in (
        (r"ends before it starts", ("spp.session", "create", {**values, "start_time": 10.0, "end_time": 9.0})),
        (r"already has a mark in this session", (marks, "create", {"session_id": session, "participant_id": person})),
        (
            r"percentage from 0 to 100",
            ("spp.session.type", "create", {"name": "X", "required_attendance_percentage": 101}),
        ),
        (
            r"leave a roster before joining it",
            (
                "spp.session.roster.membership",
                "create",
                {**membership, "partner_id": new_person, "date_from": str(TODAY), "date_to": str(TODAY - timedelta(1))},
            ),
        ),
        (
            r"already on the roster",
            ("spp.session.roster.membership", "create", {**membership, "date_from": str(TODAY)}),
        ),
        (
            r"hold cannot end before it starts",
            (
                "spp.session.roster.hold",
                "create",
                {**membership, "date_from": str(TODAY), "date_to": str(TODAY - timedelta(1)), "reason": "x"},
            ),
        ),
        (r"already uses this code", ("spp.session.type", "create", {"name": "X", "code": "CLASS"})),
        (r"is in use", ("spp.session.type", "unlink", [school.type])),
        (r"belongs to its person and session", (marks, "write", [mark], {"participant_id": school.people[1]})),
        (r"check the minutes", ("spp.session.policy", "create", {"name": "X", "partial_after_minutes": 1})),
        (r"check the percentages", ("spp.session.policy", "create", {"name": "X", "partial_below_percentage": 200})),
    ):
        assert re.search(sentence, plain_refusal(manager, *call)), call
    sentence = plain_refusal(school.admin, "res.partner", "unlink", [person])
    assert "Pupil 1" in sentence


def test_marks_on_cancelled_and_locked_sessions(school):
    cancelled = school.session()
    school.head.call("spp.session", "action_cancel", [cancelled])
    mark = {"participant_id": school.people[0]}
    sentence = plain_refusal(school.head, "spp.session.attendance", "create", {**mark, "session_id": cancelled})
    assert "was cancelled" in sentence
    policy = school.head.call("spp.session.policy", "create", {"name": "Locks at once", "lock_hours": 0.0001})
    locked = school.session(policy_id=policy, date=str(TODAY - timedelta(days=2)))
    time.sleep(1.5)
    for client in (school.ana, school.head):
        sentence = plain_refusal(client, "spp.session.attendance", "create", {**mark, "session_id": locked})
        assert "is locked: ask a session manager to unlock it" in sentence
    assert marks_of(school, locked) == []


def test_a_session_without_anybody(school):
    empty = school.session(roster_id=False)
    assert "nobody" in plain_refusal(school.ana, "spp.session", "action_submit", [empty]).lower()
