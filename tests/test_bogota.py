# Part of the SPP attendance suite. LGPL-3.
"""10,907 children of a real trial in programs with a requirement of 80 %, as individuals and as households.

Every decision is compared with a calculation in fractions over the published file and with SQL over a copy of it.
"""

from collections import Counter
from contextlib import closing
from datetime import date, timedelta
from itertools import islice

import pytest

from tests import bogota
from tests.facts import add_facts
from tools.database import connect
from tools.rpc import Client

FIRST_DAY, LAST_DAY = date(2005, 3, 1), date(2005, 11, 30)
_LEVELS = ("officer", "manager")
_BATCH = 2000
_RUN = "spp.attendance.compliance.run"
#: The rules of a household -> what else the cycle says.
_RULES = {"all": {}, "any": {}, "percentage": {"attendance_group_percentage": 60.0}}

#: One decision per child, straight from the file's decimals.
_BY_SQL = """
    SELECT obs AS number, NULLIF(fu_nim_hogar, '') AS household,
           CASE WHEN survey_selected = '0' THEN 'unknown' WHEN at_msamean::numeric >= 0.8 THEN 'compliant'
                ELSE 'non_compliant' END AS result
      FROM published
"""
_HOUSEHOLDS_BY_SQL = f"""
    SELECT household, CASE WHEN met >= {{needed}} THEN 'compliant' WHEN met + unknown >= {{needed}} THEN 'unknown'
                           ELSE 'non_compliant' END
      FROM (SELECT household, COUNT(*) AS size, COUNT(*) FILTER (WHERE result = 'compliant') AS met,
                   COUNT(*) FILTER (WHERE result = 'unknown') AS unknown
              FROM ({_BY_SQL}) child WHERE household IS NOT NULL GROUP BY household) counted
"""  # noqa: S608 - constants only
_NEEDED = {"all": "size", "any": "1", "percentage": "CEIL(0.6 * size)"}


class Registry:
    """The children and households, a program with a cycle per arm and one of households."""

    def __init__(self, server):
        self.server = server
        self.admin = Client(server.url, server.database, "admin", "admin")
        for level in _LEVELS:
            groups = ("base.group_user", f"spp_programs.group_programs_{level}")
            values = {"name": level, "login": level, "password": level}
            values["group_ids"] = [(6, 0, [self.admin.ref(group) for group in groups])]
            self.admin.call("res.users", "create", [values], context={"no_reset_password": True})
        self.officer, self.manager = (Client(server.url, server.database, level, level) for level in _LEVELS)
        self._register()
        self.cycles = {}
        for arm in bogota.ARMS.values():
            members = [self.children[child.number] for child in bogota.children() if child.arm == arm]
            self.cycles[arm] = self._add_cycle(arm, "individual", members)
        self.cycles["households"] = self._add_cycle("households", "group", self.households.values())
        add_facts(
            server.database,
            [
                (self.children[child.number], FIRST_DAY + timedelta(day), day < child.present)
                for child in bogota.children()
                for day in range(child.days or 0)
            ],
        )
        with closing(connect(server.database)) as connection, connection, connection.cursor() as cursor:
            with open(bogota.PUBLISHED) as file:
                columns = file.readline().strip().split(",")
                cursor.execute(f"CREATE TABLE published ({', '.join(f'{column} text' for column in columns)})")
                cursor.copy_expert("COPY published FROM STDIN (FORMAT csv, FORCE_NOT_NULL (fu_nim_hogar))", file)

    def _create(self, model, values):
        values, ids = iter(values), []
        while batch := list(islice(values, _BATCH)):
            ids += self.admin.call(model, "create", batch, context={"tracking_disable": True})
        return ids

    def _register(self):
        """Children have a code for a name and the row of the file as an identifier; there are no names."""
        (id_type,) = self.admin.call(
            "spp.vocabulary.code", "get_or_create_local", "urn:openspp:vocab:id-type", "trial-row", "Row of the Trial"
        )
        numbers = [child.number for child in bogota.children()]
        ids = self._create(
            "res.partner",
            (
                {
                    "name": f"SC-{number}",
                    "is_registrant": True,
                    "reg_ids": [(0, 0, {"id_type_id": id_type, "value": number})],
                }
                for number in numbers
            ),
        )
        self.children = dict(zip(numbers, ids, strict=True))
        households = bogota.households()
        ids = self._create(
            "res.partner",
            (
                {
                    "name": number,
                    "is_registrant": True,
                    "is_group": True,
                    "group_membership_ids": [(0, 0, {"individual": self.children[child.number]}) for child in members],
                }
                for number, members in households.items()
            ),
        )
        self.households = dict(zip(households, ids, strict=True))

    def _add_cycle(self, name, kind, members):
        (program,) = self._create("spp.program", [{"name": f"Trial: {name}", "target_type": kind}])
        values = {"name": "2005", "program_id": program, "start_date": str(FIRST_DAY), "end_date": str(LAST_DAY)}
        requirement = {"attendance_required": True, "attendance_measure": "percentage", "attendance_threshold": 80.0}
        (cycle,) = self.admin.call(
            "spp.cycle", "create", [values | requirement], context={"spp_historical_import": True}
        )
        self._create(
            "spp.cycle.membership",
            ({"cycle_id": cycle, "partner_id": member, "state": "enrolled"} for member in members),
        )
        return cycle

    def decide(self, cycle):
        """A dry run by an officer: the id of the run."""
        return self.officer.call("spp.cycle", "action_filter_beneficiaries_by_compliance_criteria", [cycle])["res_id"]


@pytest.fixture(scope="module")
def registry(serve):
    with serve("bogota") as server:
        yield Registry(server)


@pytest.fixture
def query(registry, rows):
    """Function: what an SQL query on the database of the registry returns."""
    return lambda statement, *parameters: rows(registry.server, statement, *parameters)


_MEMBERSHIPS = """
    SELECT partner.name, membership.state, COALESCE(membership.number_of_attendance, 0)
      FROM spp_cycle_membership membership JOIN res_partner partner ON partner.id = membership.partner_id
     WHERE membership.cycle_id = %s
"""


def applied(result):
    """The state of a membership that was enrolled, after a run with this result has been applied."""
    return "non_compliant" if result == "non_compliant" else "enrolled"


def test_published_file():
    """What the file holds, and that the shares are those of whole days."""
    children, households = bogota.children(), bogota.households()
    assert len(children) == 10907
    assert Counter(child.arm for child in children) == {"basic": 3427, "savings": 3424, "control": 4056}
    assert Counter(child.days is not None for child in children) == {True: 6342, False: 4565}
    assert max(child.days for child in children if child.days) == 13
    assert all(child.share == "0" for child in children if child.days is None)
    for child in children:
        if child.days:
            assert f"{child.present / child.days:.6f}" == f"{float(child.share):.6f}"
    assert sum(child.days is not None and 10 * child.present == 8 * child.days for child in children) == 23
    assert (len(households), sum(map(len, households.values()))) == (4451, 5648)
    assert Counter(map(len, households.values())) == {1: 3393, 2: 930, 3: 118, 4: 9, 5: 1}


def test_individual_programs(registry, query):
    """A program per arm: dry run by an officer, applied and taken back by a manager."""
    figures, ties = {}, 0
    by_sql = {number: result for number, _household, result in query(_BY_SQL)}
    for arm in bogota.ARMS.values():
        cycle = registry.cycles[arm]
        before = query(_MEMBERSHIPS, cycle)
        run = registry.decide(cycle)
        assert query(_MEMBERSHIPS, cycle) == before
        decided = query(
            """SELECT identifier.value, decision.result, decision.counted, decision.expected, decision.reason
                 FROM spp_attendance_decision decision
                 JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                 JOIN spp_registry_id identifier ON identifier.partner_id = membership.partner_id
                WHERE decision.run_id = %s""",
            run,
        )
        children = {child.number: child for child in bogota.children() if child.arm == arm}
        assert {number: result for number, result, *_rest in decided} == {
            number: bogota.decision(child) for number, child in children.items()
        }
        assert len(decided) == len(children)
        for number, result, counted, expected, reason in decided:
            child = children[number]
            assert result == by_sql[number]
            assert (counted, expected) == (child.present or 0, child.days or 0)
            assert reason == {"compliant": "met", "non_compliant": "below", "unknown": "nothing_expected"}[result]
            ties += result == "compliant" and 10 * counted == 8 * expected
        figures[arm] = Counter(result for _number, result, *_rest in decided)

        registry.manager.call(_RUN, "action_apply", [run])
        assert sorted(query(_MEMBERSHIPS, cycle)) == sorted(
            (f"SC-{number}", applied(by_sql[number]), child.present or 0) for number, child in children.items()
        )
        assert not registry.manager.call(_RUN, "action_revert", [run])
        assert sorted(query(_MEMBERSHIPS, cycle)) == sorted(before)
    assert figures == {
        "basic": {"compliant": 1680, "non_compliant": 392, "unknown": 1355},
        "savings": {"compliant": 1578, "non_compliant": 399, "unknown": 1447},
        "tertiary": {},
        "control": {"compliant": 1754, "non_compliant": 539, "unknown": 1763},
    }
    assert ties == 23


def test_household_program(registry, query):
    """The same households by three rules, one after the other; 5,259 children of unknown household are not in it."""
    cycle, households = registry.cycles["households"], bogota.households()
    before = query(_MEMBERSHIPS, cycle)
    figures = {}
    for rule, values in _RULES.items():
        registry.manager.call("spp.cycle", "write", [cycle], {"attendance_group_rule": rule, **values})
        run = registry.decide(cycle)
        decided = dict(
            query(
                """SELECT partner.name, decision.result FROM spp_attendance_decision decision
                     JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                     JOIN res_partner partner ON partner.id = membership.partner_id WHERE decision.run_id = %s""",
                run,
            )
        )
        percentage = values.get("attendance_group_percentage")
        assert decided == {
            number: bogota.household_decision(members, rule, percentage) for number, members in households.items()
        }
        assert decided == dict(query(_HOUSEHOLDS_BY_SQL.format(needed=_NEEDED[rule])))
        assessed = query(
            """SELECT child.name, household.name, assessment.result FROM spp_attendance_assessment assessment
                 JOIN res_partner child ON child.id = assessment.partner_id
                 JOIN spp_attendance_decision decision ON decision.id = assessment.decision_id
                 JOIN spp_cycle_membership membership ON membership.id = decision.membership_id
                 JOIN res_partner household ON household.id = membership.partner_id WHERE decision.run_id = %s""",
            run,
        )
        words = {"compliant": "included", "non_compliant": "not_included", "unknown": "unknown"}
        assert sorted(assessed) == sorted(
            (f"SC-{child.number}", number, words[bogota.decision(child)])
            for number, members in households.items()
            for child in members
        )
        figures[rule] = Counter(decided.values())

        registry.manager.call(_RUN, "action_apply", [run])
        states = {name: state for name, state, _number in query(_MEMBERSHIPS, cycle)}
        assert states == {number: applied(result) for number, result in decided.items()}
        registry.manager.call(_RUN, "action_revert", [run])
        assert sorted(query(_MEMBERSHIPS, cycle)) == sorted(before)
    assert figures == {
        "all": {"compliant": 3516, "non_compliant": 717, "unknown": 218},
        "any": {"compliant": 3778, "non_compliant": 511, "unknown": 162},
        "percentage": {"compliant": 3560, "non_compliant": 679, "unknown": 212},
    }
