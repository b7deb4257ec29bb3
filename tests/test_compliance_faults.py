# Part of the SPP attendance suite. LGPL-3.
"""Runs of cycles that are killed or started twice, and the smallest and oddest things they count. Nothing is half done."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date, timedelta
from itertools import count

import pytest

from bench import compliance, compliance_sql
from bench.compliance_data import Ledger
from tests.facts import add_facts
from tools.database import connect
from tools.rpc import Client, RpcError

PEOPLE = 400
_RUN = "spp.attendance.compliance.run"
_FILTER = "action_filter_beneficiaries_by_compliance_criteria"
FIRST_DAY = date(2024, 1, 1)
LAST_DAY = FIRST_DAY + timedelta(199)


def attended(person, present, expected):
    """Facts of a person on the days from the first one on."""
    return [(person, FIRST_DAY + timedelta(day), day < present) for day in range(expected)]


class Office:
    """A server with a ledger of many people; `admin` and `manager` are signed-in users."""

    def __init__(self, server):
        self.server = server
        self._numbers = count(1)
        self.admin = Client(server.url, server.database, "admin", "admin")
        self.ledger = Ledger(self.admin, server.database)
        self.ledger.grow(PEOPLE)
        groups = ("base.group_user", "spp_programs.group_programs_manager")
        values = {"name": "Manager", "login": "manager", "password": "manager"}
        values["group_ids"] = [(6, 0, [self.admin.ref(group) for group in groups])]
        self.admin.call("res.users", "create", [values], context={"no_reset_password": True})
        self.sign_in()

    def sign_in(self):
        """Sign in, once more after the server has been started anew."""
        server = self.server
        self.admin = self.ledger.admin = Client(server.url, server.database, "admin", "admin")
        self.manager = Client(server.url, server.database, "manager", "manager")

    def decide(self, cycle):
        """Start a run; its id."""
        return self.manager.call("spp.cycle", _FILTER, [cycle])["res_id"]

    def apply(self, run):
        self.manager.call(_RUN, "action_apply", [run])

    def add_cycle(self, members, first_day, last_day, *, kind="individual", **requirement):
        """A cycle of a program of its own."""
        create = self.admin.call
        program = create("spp.program", "create", [{"name": f"Program {next(self._numbers)}", "target_type": kind}])[0]
        values = {"name": "Cycle", "program_id": program, "start_date": str(first_day), "end_date": str(last_day)}
        cycle = create(
            "spp.cycle",
            "create",
            [{**values, "attendance_required": True, **requirement}],
            context={"spp_historical_import": True},
        )[0]
        members = [{"cycle_id": cycle, "partner_id": member, "state": "enrolled"} for member in members]
        create("spp.cycle.membership", "create", members)
        return cycle

    def add_people(self, *names, **values):
        return self.admin.call(
            "res.partner", "create", [{"name": name, "is_registrant": True, **values} for name in names]
        )

    def decisions(self, run):
        """What a run says: dict partner id -> (result, reason, counted, expected)."""
        fields = ["partner_id", "result", "reason", "counted", "expected"]
        found = self.manager.call("spp.attendance.decision", "search_read", [("run_id", "=", run)], fields)
        return {line["partner_id"][0]: tuple(line[name] for name in fields[1:]) for line in found}


@pytest.fixture(scope="module")
def office(serve):
    # killed servers and refused transactions are in the server's log
    with serve("compliance_faults", errors_expected=True) as server:
        yield Office(server)


@pytest.fixture
def state(office, rows):
    """Function: all that filtering a cycle may change, to compare before and after."""

    def read(cycle):
        return [
            sorted(rows(office.server, statement, cycle))
            for statement in (
                "SELECT partner_id, state, number_of_attendance, attendance_decision_id FROM spp_cycle_membership"
                " WHERE cycle_id = %s",
                f"SELECT id, state FROM {_RUN.replace('.', '_')} WHERE cycle_id = %s",  # noqa: S608 - a constant
                "SELECT decision.id FROM spp_attendance_decision decision JOIN spp_cycle_membership membership"
                " ON membership.id = decision.membership_id WHERE membership.cycle_id = %s",
                "SELECT assessment.id FROM spp_attendance_assessment assessment JOIN spp_attendance_decision decision"
                " ON decision.id = assessment.decision_id JOIN spp_cycle_membership membership"
                " ON membership.id = decision.membership_id WHERE membership.cycle_id = %s",
                "SELECT id::text FROM mail_message WHERE model = 'spp.cycle' AND res_id = %s",
                "SELECT compliance_criteria_applied FROM spp_cycle WHERE id = %s",
            )
        ]

    return read


@pytest.fixture
def held(office, rows, until):
    """Context manager: hold a row, so that whoever needs it waits; yields a function that waits for so many of them."""

    @contextmanager
    def hold(statement, *parameters):
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with closing(connect(office.server.database)) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            yield lambda number: until(
                lambda: len(rows(office.server, waiting)) >= number, f"{number} to wait for a row"
            )

    return hold


_LAST_MEMBERSHIP = """
    SELECT FROM spp_cycle_membership WHERE id = (
        SELECT MAX(id) FROM spp_cycle_membership WHERE cycle_id = %s AND state = 'enrolled'
    ) FOR UPDATE
"""
_LAST_DECIDED = """
    SELECT FROM spp_cycle_membership WHERE id = (
        SELECT MAX(membership_id) FROM spp_attendance_decision WHERE run_id = %s AND result = 'compliant'
    ) FOR UPDATE
"""


def check_against_sql(office, cycle, kind):
    """The cycle is as if the same had been done by plain SQL at once."""
    other = office.ledger.add_cycle(f"By SQL {cycle}", kind)
    compliance_sql.filter_cycle(office.server.database, other, kind, lambda _name, work: work())
    compliance.compare(office.server.database, cycle, other, "plain SQL")


# --- killed


@pytest.mark.parametrize("kind", ["individual", "group"])
def test_killed_while_deciding(office, state, held, kind):
    """All decisions are written but for one that has to wait: the run is gone, and starts again from the beginning."""
    cycle = office.ledger.add_cycle(f"Killed while deciding {kind}", kind)
    before = state(cycle)
    with ThreadPoolExecutor(1) as thread, held(_LAST_MEMBERSHIP, cycle) as wait_for:
        started = thread.submit(office.decide, cycle)
        wait_for(1)
        office.server.kill()
        assert started.exception()
    office.server.start()
    office.sign_in()
    assert state(cycle) == before
    office.apply(office.decide(cycle))
    check_against_sql(office, cycle, kind)


@pytest.mark.parametrize("kind", ["individual", "group"])
def test_killed_while_applying(office, state, held, kind):
    """Memberships are being written, one has to wait: all are as before, and the run can be applied."""
    cycle = office.ledger.add_cycle(f"Killed while applying {kind}", kind)
    run = office.decide(cycle)
    before = state(cycle)
    with ThreadPoolExecutor(1) as thread, held(_LAST_DECIDED, run) as wait_for:
        started = thread.submit(office.apply, run)
        wait_for(1)
        office.server.kill()
        assert started.exception()
    office.server.start()
    office.sign_in()
    assert state(cycle) == before
    office.apply(run)
    check_against_sql(office, cycle, kind)


# --- at once


def test_two_runs_at_once(office, rows):
    """Each is whole; only the newest can be applied."""
    cycle = office.ledger.add_cycle("Two runs", "individual")
    with ThreadPoolExecutor(2) as threads:
        clients = (office.manager, office.admin)
        results = list(threads.map(lambda client: client.call("spp.cycle", _FILTER, [cycle])["res_id"], clients))
    runs = rows(office.server, "SELECT id FROM spp_attendance_compliance_run WHERE cycle_id = %s ORDER BY id", cycle)
    assert {(run,) for run in results} == set(runs)
    decided = rows(
        office.server,
        "SELECT run_id, COUNT(*), COUNT(DISTINCT membership_id) FROM spp_attendance_decision WHERE run_id = ANY(%s)"
        " GROUP BY run_id",
        results,
    )
    members = rows(
        office.server, "SELECT FROM spp_cycle_membership WHERE cycle_id = %s AND state IN ('draft', 'enrolled')", cycle
    )
    assert [tuple(counts) for _run, *counts in decided] == [(len(members), len(members))] * len(runs)
    *older, newest = sorted(set(results))
    for run in older:
        with pytest.raises(RpcError, match=r"^A newer run of this cycle exists: apply that one instead\.$"):
            office.apply(run)
    office.apply(newest)
    # plain SQL decides once: the dry runs that came to nothing are taken out, with the guard of history switched off
    rows(
        office.server,
        "SET session_replication_role = replica; DELETE FROM spp_attendance_decision WHERE run_id = ANY(%s);"
        " DELETE FROM spp_attendance_compliance_run WHERE id = ANY(%s) RETURNING id",
        older,
        older,
    )
    check_against_sql(office, cycle, "individual")


BUSY = "Somebody else is applying or taking back a run of {}: look at it again in a moment."


def refusal(client, method, run):
    with pytest.raises(RpcError) as caught:
        client.call(_RUN, method, [run])
    return str(caught.value)


def test_two_applies_at_once(office, state, held, rows):
    """While one is at work the other is refused; once it is done, applying again changes nothing."""
    cycle = office.ledger.add_cycle("Two applies", "individual")
    run = office.decide(cycle)
    with ThreadPoolExecutor(1) as thread:
        with held(_LAST_DECIDED, run) as wait_for:
            started = thread.submit(office.apply, run)
            wait_for(1)
            before = state(cycle)
            assert refusal(office.admin, "action_apply", run) == BUSY.format("Two applies")
            assert refusal(office.admin, "action_revert", run).endswith(
                "is not applied: there is nothing to take back."
            )
            assert state(cycle) == before
        started.result()
    check_against_sql(office, cycle, "individual")
    after = state(cycle)
    assert after != before
    office.admin.call(_RUN, "action_apply", [run])
    assert state(cycle) == after


def test_taken_back_twice_at_once(office, held, rows):
    """While one takes the run back the other is refused; everything is as before the run."""
    members = "SELECT id, state FROM spp_cycle_membership WHERE cycle_id = %s ORDER BY id"
    cycle = office.ledger.add_cycle("Two who take back", "individual")
    before = rows(office.server, members, cycle)
    run = office.decide(cycle)
    office.apply(run)
    with ThreadPoolExecutor(1) as thread:
        with held(_LAST_DECIDED, run) as wait_for:
            started = thread.submit(office.manager.call, _RUN, "action_revert", [run])
            wait_for(1)
            assert refusal(office.admin, "action_revert", run) == BUSY.format("Two who take back")
        started.result()
    assert rows(office.server, members, cycle) == before
    assert refusal(office.admin, "action_revert", run).endswith("is not applied: there is nothing to take back.")


def test_changed_by_hand_before_it_was_applied(office, rows):
    """Taking a run back gives what was there when it was applied, not what was there when it decided."""
    (person,) = office.add_people("Changed by hand")
    add_facts(office.server.database, attended(person, 0, 1))
    cycle = office.add_cycle([person], FIRST_DAY, LAST_DAY)
    ((membership,),) = rows(office.server, "SELECT id FROM spp_cycle_membership WHERE cycle_id = %s", cycle)
    run = office.decide(cycle)
    office.manager.call("spp.cycle.membership", "write", [membership], {"state": "draft"})
    office.apply(run)
    states = "SELECT state FROM spp_cycle_membership WHERE id = %s"
    assert rows(office.server, states, membership) == [("non_compliant",)]
    office.manager.call(_RUN, "action_revert", [run])
    assert rows(office.server, states, membership) == [("draft",)]


# --- what is counted


@pytest.mark.parametrize(
    ("threshold", "met"),
    [(80.0, [False, True, False, True]), (79.5, [True, True, False, True]), (66.67, [True, True, False, True])],
)
def test_ties_at_the_threshold(office, threshold, met):
    """159 and 160 of 200 are 79.5 and 80 %, 2 of 3 are less than 66.67 %, 4 of 5 are 80 %."""
    people = office.add_people("159 of 200", "160 of 200", "2 of 3", "4 of 5")
    counts = [(159, 200), (160, 200), (2, 3), (4, 5)]
    add_facts(
        office.server.database,
        [fact for person, count in zip(people, counts, strict=True) for fact in attended(person, *count)],
    )
    cycle = office.add_cycle(people, FIRST_DAY, LAST_DAY, attendance_threshold=threshold)
    decided = office.decisions(office.decide(cycle))
    assert [decided[person][0] == "compliant" for person in people] == met
    assert [decided[person][2:] for person in people] == counts


def test_nothing_was_held(office, rows):
    """Whoever was never expected is unknown, and stays as before when the run is applied."""
    nobody, present = office.add_people("Never expected", "Expected")
    add_facts(office.server.database, attended(present, 1, 1))
    cycle = office.add_cycle([nobody, present], FIRST_DAY, LAST_DAY)
    run = office.decide(cycle)
    assert office.decisions(run) == {
        nobody: ("unknown", "nothing_expected", 0, 0),
        present: ("compliant", "met", 1, 1),
    }
    office.apply(run)
    found = rows(
        office.server,
        "SELECT partner_id, state, COALESCE(number_of_attendance, 0) FROM spp_cycle_membership WHERE cycle_id = %s",
        cycle,
    )
    assert sorted(found) == sorted([(nobody, "enrolled", 0), (present, "enrolled", 1)])


@pytest.mark.parametrize(
    "rule",
    [
        {"attendance_group_rule": "all"},
        {"attendance_group_rule": "any"},
        {"attendance_group_rule": "count", "attendance_group_count": 1},
        {"attendance_group_rule": "percentage", "attendance_group_percentage": 0.01},
        {"attendance_group_rule": "percentage", "attendance_group_percentage": 100.0},
    ],
    ids=lambda rule: "-".join(map(str, rule.values())),
)
def test_household_of_one(office, rule):
    """It passes exactly when its member does, by every rule; an empty household is unknown."""
    people = office.add_people("Met", "Below", "Unknown")
    households = [
        office.add_people(
            f"Household of {person}", is_group=True, group_membership_ids=[(0, 0, {"individual": person})]
        )[0]
        for person in people
    ]
    households += office.add_people("Empty household", is_group=True)
    add_facts(office.server.database, attended(people[0], 4, 5) + attended(people[1], 3, 5))
    cycle = office.add_cycle(households, FIRST_DAY, LAST_DAY, kind="group", **rule)
    decided = office.decisions(office.decide(cycle))
    assert [decided[household][:2] for household in households] == [
        ("compliant", "met"),
        ("non_compliant", "below"),
        ("unknown", "members_unknown"),
        ("unknown", "nobody_assessed"),
    ]


@pytest.mark.parametrize("day", ["2025-03-30", "2025-10-26"])
def test_day_of_a_clock_change(office, day):
    """The first and the last half hour of a local day of 23 or 25 hours are two sessions on one day, and on no other."""
    create = office.admin.call
    person = office.add_people(f"Clock change {day}")[0]
    kind = create("spp.session.type", "create", [{"name": f"Shift {day}"}])[0]
    member = {"partner_id": person, "date_from": "2025-01-01"}
    roster = create(
        "spp.session.roster",
        "create",
        [
            {
                "name": f"Berlin {day}",
                "session_type_id": kind,
                "tz": "Europe/Berlin",
                "membership_ids": [(0, 0, member)],
            }
        ],
    )[0]
    values = {"name": "Shift", "session_type_id": kind, "roster_id": roster, "date": day}
    times = [
        {"start_time": 0.0, "end_time": 0.5},
        {"start_time": 2.25, "end_time": 3.25},
        {"start_time": 23.5, "end_time": 23.75},
    ]
    sessions = create("spp.session", "create", [values | moment for moment in times])
    for session in sessions:
        create(
            "spp.session",
            "save_roster",
            [session],
            [{"participant_id": person, "status": "present", "base": False}],
            True,
        )
    the_day = date.fromisoformat(day)
    for measure, windows in {
        "days": {0: 1, -1: 0, 1: 0},
        "sessions": {0: 3, -1: 0, 1: 0},
    }.items():
        for offset, counted in windows.items():
            window = the_day + timedelta(offset)
            cycle = office.add_cycle([person], window, window, attendance_measure=measure, attendance_threshold=1.0)
            result, _reason, number, _expected = office.decisions(office.decide(cycle))[person]
            assert (number, result) == (counted, "compliant" if counted else "unknown")
