# Part of the SPP attendance suite. LGPL-3.
"""21,333 enrolments in 15 presentations with their hand-ins, brought in by an importer through RPC.

Rates of all 19,720 students are compared with a calculation over the published files that shares no code with the addons.
"""

from collections import Counter
from datetime import date
from itertools import islice

import pytest

from tests import oulad
from tests.exact import rounded
from tools import odoo
from tools.rpc import Client, RpcError

# Odoo puts its own words before what a constraint says
LEFT_BEFORE_JOINED = (
    "The operation cannot be completed: A person cannot leave a roster before joining it: check the two dates."
)
_GROUPS = ("base.group_user", "base.group_partner_manager", "spp_session_tracking.group_session_manager")
_POLICIES = {
    "TMA": {"late_counting": "absences", "lates_per_absence": 3},
    "CMA": {"late_counting": "weight", "late_weight": 0.5},
}
_BATCH = 2000


class Importer:
    """Creates what the files say; `members` are the enrolments that were accepted, `refused` the sentences for others."""

    def __init__(self, server):
        admin = Client(server.url, server.database, "admin", "admin")
        values = {"name": "Importer", "login": "importer", "password": "importer"}
        values["group_ids"] = [(6, 0, [admin.ref(group) for group in _GROUPS])]
        admin.call("res.users", "create", [values], context={"no_reset_password": True})
        self._client = Client(server.url, server.database, "importer", "importer")
        self.members, self.refused = [], Counter()
        self._create_people()
        self._create_rosters()
        self._create_memberships()
        self._create_sessions()
        self._create_marks()
        self._submit()

    def _create(self, model, values):
        values, ids = iter(values), []
        while batch := list(islice(values, _BATCH)):
            ids += self._client.call(model, "create", batch, context={"tracking_disable": True})
        return ids

    def _create_people(self):
        students = sorted({enrolment.student for enrolment in oulad.enrolments()})
        ids = self._create("res.partner", ({"name": name, "is_registrant": True} for name in students))
        self.students = dict(zip(students, ids, strict=True))

    def _create_rosters(self):
        policies = self._create("spp.session.policy", [{"name": kind, **values} for kind, values in _POLICIES.items()])
        types = [
            {"name": kind, "code": kind, "policy_id": policy} for kind, policy in zip(_POLICIES, policies, strict=True)
        ]
        self.types = dict(zip(_POLICIES, self._create("spp.session.type", types), strict=True))
        rosters = sorted({enrolment.roster for enrolment in oulad.enrolments()})
        values = [
            {"name": " ".join(roster), "session_type_id": self.types["TMA"], "tz": "Europe/London"}
            for roster in rosters
        ]
        self.rosters = dict(zip(rosters, self._create("spp.session.roster", values), strict=True))

    def _create_memberships(self):
        """Nobody knows when 36 of them joined: they are entered one by one, from the first day of the presentation."""

        def values(enrolment):
            return {
                "roster_id": self.rosters[enrolment.roster],
                "partner_id": self.students[enrolment.student],
                "date_from": str(enrolment.joined),
                "date_to": enrolment.left and str(enrolment.left),
            }

        enrolments = oulad.enrolments()
        dated = [enrolment for enrolment in enrolments if enrolment.joined]
        self._create("spp.session.roster.membership", map(values, dated))
        self.members += dated
        for enrolment in enrolments:
            if not enrolment.joined:
                enrolment = enrolment._replace(joined=oulad.first_day(enrolment.roster))
                try:
                    self._create("spp.session.roster.membership", [values(enrolment)])
                    self.members.append(enrolment)
                except RpcError as error:
                    self.refused[error.kind, str(error)] += 1

    def _create_sessions(self):
        assessments = oulad.assessments()
        ids = self._create(
            "spp.session",
            (
                {
                    "name": assessment.number,
                    "session_type_id": self.types[assessment.kind],
                    "roster_id": self.rosters[assessment.roster],
                    "date": str(assessment.day),
                    "start_time": 0.0,
                    "end_time": 23.75,
                }
                for assessment in assessments
            ),
        )
        self.sessions = dict(zip((assessment.number for assessment in assessments), ids, strict=True))

    def _create_marks(self):
        found = self._client.call("spp.attendance.status", "search_read", [], ["code"])
        statuses = {status["code"]: status["id"] for status in found}
        self._create(
            "spp.session.attendance",
            (
                {
                    "session_id": self.sessions[mark.assessment.number],
                    "participant_id": self.students[mark.student],
                    "status_id": statuses[mark.status],
                }
                for mark in oulad.marks()
            ),
        )

    def _submit(self):
        sessions = iter(self.sessions.values())
        while batch := list(islice(sessions, 10)):
            self._client.call("spp.session", "action_submit", batch)


@pytest.fixture(scope="module")
def server(serve):
    # the refused memberships are errors in the server's log
    with serve("oulad", errors_expected=True) as running:
        yield running


@pytest.fixture(scope="module")
def imported(server):
    return Importer(server)


def test_published_files():
    enrolments, assessments = oulad.enrolments(), oulad.assessments()
    assert len(enrolments) == 21333
    assert len({enrolment.student for enrolment in enrolments}) == 19720
    assert len({enrolment.roster for enrolment in enrolments}) == 15
    assert Counter(assessment.kind for assessment in assessments) == {"TMA": 74, "CMA": 59}
    assert sum(enrolment.joined is None for enrolment in enrolments) == 36
    assert sum(enrolment.left is not None for enrolment in enrolments) == 6333
    assert Counter(mark.status for mark in oulad.marks()) == {"present": 79965, "late": 37803, "excused": 1129}


def test_left_before_joined(imported):
    """Of the 36 without a date of joining, 30 left before the presentation began."""
    assert imported.refused == {("odoo.exceptions.ValidationError", LEFT_BEFORE_JOINED): 30}
    assert len(imported.members) == 21303


def test_expected_people(imported, server, rows):
    """Everybody who had joined by the day of a session and had not left is expected, and nobody else."""
    stored = {}
    for session, student in rows(
        server,
        """SELECT session.name, partner.name FROM session_expected_participant_rel expected
             JOIN spp_session session ON session.id = expected.session_id
             JOIN res_partner partner ON partner.id = expected.partner_id""",
    ):
        stored.setdefault(session, set()).add(student)
    assert sum(map(len, stored.values())) == 156678
    assert stored == oulad.expected(imported.members)


def test_marks(imported, server, rows):
    counts = rows(
        server,
        """SELECT status.code, mark.standing, mark.source, COUNT(*) FROM spp_session_attendance mark
             JOIN spp_attendance_status status ON status.id = mark.status_id GROUP BY 1, 2, 3""",
    )
    assert {tuple(keys): number for *keys, number in counts} == {
        ("present", "expected", "person"): 79233,
        ("present", "guest", "person"): 732,
        ("late", "expected", "person"): 37659,
        ("late", "guest", "person"): 144,
        ("excused", "expected", "person"): 1047,
        ("excused", "guest", "person"): 82,
        ("absent", "expected", "submission"): 38739,
    }


def test_rates_of_all_students(imported, server):
    """Of everything, of one kind, and of the presentations of 2014; and who has met a requirement of exactly 80 %."""
    answer = odoo.ask(
        server.database,
        f"""
from datetime import date
statistics = env["spp.attendance.statistics"]
students = env["res.partner"].browse({list(imported.students.values())})
names = {{student.id: student.name for student in students}}

def rates(**arguments):
    found = statistics.rate(students, **arguments)
    return {{names[id]: str(rate) for id, rate in found.items() if rate is not None}}

counts = statistics.counts(students).items()
answer = {{
    "rates": [
        rates(),
        rates(session_types=env["spp.session.type"].browse({imported.types["CMA"]})),
        rates(date_from=date(2014, 1, 1)),
    ],
    "met": [names[id] for id, known in counts if statistics.is_met(known["weight"], known["counted"], 80.0)],
}}
""",
    )
    calculated = [
        oulad.rates(imported.members),
        oulad.rates(imported.members, kinds=["CMA"]),
        oulad.rates(imported.members, since=date(2014, 1, 1)),
    ]
    for stored, exact in zip(answer["rates"], calculated, strict=True):
        assert stored == {student: rounded(rate) for student, rate in exact.items()}
    assert [len(stored) for stored in answer["rates"]] == [17506, 12850, 13091]
    everything = calculated[0]
    assert set(answer["met"]) == {student for student, rate in everything.items() if rate >= 80}
    known = Counter("all" if rate == 100 else "none" if not rate else rate >= 80 for rate in everything.values())
    assert known == {"all": 5093, True: 1678, False: 9131, "none": 1604}
    assert sum(rate == 80 for rate in everything.values()) == 158


def test_presentation_as_cycle(imported, server, rows):
    """Everybody who enrolled in one presentation, 80 % of what was due of them from its first to its last day."""
    roster, last_day = ("CCC", "2014B"), date(2014, 10, 31)
    first_day = oulad.first_day(roster)
    students = {member.student for member in imported.members if member.roster == roster}
    admin = Client(server.url, server.database, "admin", "admin")
    program = admin.call("spp.program", "create", [{"name": "Bursary", "target_type": "individual"}])[0]
    values = {"name": " ".join(roster), "start_date": str(first_day), "end_date": str(last_day), "program_id": program}
    requirement = {"attendance_required": True, "attendance_measure": "percentage", "attendance_threshold": 80.0}
    cycle = admin.call("spp.cycle", "create", [values | requirement], context={"spp_historical_import": True})[0]
    members = [{"cycle_id": cycle, "partner_id": imported.students[student]} for student in students]
    admin.call("spp.cycle.membership", "create", members)
    run = admin.call("spp.cycle", "action_filter_beneficiaries_by_compliance_criteria", [cycle])["res_id"]
    decided = dict(
        rows(
            server,
            """SELECT partner.name, decision.result FROM spp_attendance_decision decision
                 JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                 JOIN res_partner partner ON partner.id = membership.partner_id WHERE decision.run_id = %s""",
            run,
        )
    )
    exact = oulad.rates(imported.members, since=first_day, until=last_day)

    def decision(student):
        if student not in exact:
            return "unknown"
        return "compliant" if exact[student] >= 80 else "non_compliant"

    assert decided == {student: decision(student) for student in students}
    assert Counter(decided.values()) == {"compliant": 289, "non_compliant": 1416, "unknown": 226}
    assert sum(exact.get(student) == 80 for student in students) == 53
