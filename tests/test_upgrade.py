# Part of the SPP attendance suite. LGPL-3.
"""A database of the addons as they were is updated to the code of today: nothing is lost, nothing is there twice."""

import re

import pytest
from cryptography.fernet import Fernet
from upgrade import Snapshot, make_old_database, update
from upgrade_people import LOOKERS, SECRET

from tools import odoo, paths, postgres

#: Tables whose rows an update may change, and why.
EXPLAINED_TABLES = {}
#: Kinds of records that may be dropped and made anew, and why.
MADE_ANEW = {"ir.rule": "rules of companies and areas are declared on the models, and made under names of their own"}
#: Records that an update drops, and why.
DROPPED = dict.fromkeys(
    ("access_spp_service_point_device_token_manager", "view_spp_service_point_device_token_form"),
    "one dialog shows the secrets of all devices",
)
#: Addons that an update installs because a part of an old addon lives there now.
ROOMS = {
    "spp_attendance_expression",
    "spp_attendance_compliance_expression",
    "spp_attendance_follow_up",
    "spp_attendance_server",
    "spp_session_sheet",
}


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory):
    """Name of an updated database, snapshots of before and after, and the log of the update."""
    name = postgres.database_name("e2e_upgrade")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPP_SECRET_KEY", Fernet.generate_key().decode())
        try:
            modules = make_old_database(name, tmp_path_factory.mktemp("old"))
            before = Snapshot(name)
            log = update(name, modules)
            yield name, before, Snapshot(name), log
        finally:
            odoo.drop(name)


@pytest.fixture(scope="module")
def looked(upgraded):
    """What the updated database answers: as manager and as viewer, about decisions, and what administrators changed."""
    question = f"""
sys.path.append({str(paths.ROOT / "tests")!r})
from upgrade_look import decisions, kept, look
answer = {{"looks": {{login: look(env, login) for login in {LOOKERS!r}}}, "decisions": decisions(env), "kept": kept(env)}}
"""
    return odoo.ask(upgraded[0], question)


def test_the_log_holds_no_warning(upgraded):
    log = upgraded[3]
    assert not re.findall(r"^.* (?:WARNING|ERROR|CRITICAL) .*$", log, re.MULTILINE)


def test_parts_that_moved_are_installed(upgraded):
    states = dict(
        postgres.sql("SELECT name, state FROM ir_module_module WHERE name LIKE 'spp\\_%'", database=upgraded[0])
    )
    assert {name for name in ROOMS if states[name] == "installed"} == ROOMS
    assert "to install" not in states.values()
    assert "to upgrade" not in states.values()


def test_rows_states_and_sums_are_what_they_were(upgraded):
    _name, before, after, _log = upgraded
    assert before.rows["spp_attendance_follow_up"] == 11
    assert before.states["spp_cycle", "ended"] == 1
    assert str(before.sums["spp_entitlement_transactions", "amount_charged_by_service_point"]) == "42.500000"
    for table, count in before.rows.items():
        if table not in EXPLAINED_TABLES:
            assert after.rows.get(table) == count, table
    for name in ("states", "sums"):
        for (table, key), value in getattr(before, name).items():
            if table not in EXPLAINED_TABLES:
                assert getattr(after, name).get((table, key)) == value, (name, table, key)


def test_external_ids_point_where_they_did(upgraded):
    _name, before, after, _log = upgraded
    lost = {record for record in before.external_ids if record not in after.external_ids}
    explained = {record for record in lost if record[1] in MADE_ANEW or record[0] in DROPPED}
    assert sorted(lost - explained) == [], "records were dropped or made anew"
    doubled = {record: addons for record, addons in after.external_ids.items() if len(addons) > 1}
    assert not doubled


def test_an_updated_database_is_like_a_new_one(upgraded, template):
    after, fresh = upgraded[2].names(), Snapshot(template).names()
    assert after - fresh == set()
    assert fresh - after == set()


@pytest.mark.parametrize("login", LOOKERS)
def test_each_screen_opens(looked, login):
    problems, read = looked["looks"][login]
    assert not problems
    assert read > 40, "nothing to see"


def test_old_runs_and_decisions_are_read_and_checked(looked):
    assert looked["decisions"] == {"intact": 5}


def test_old_changes_have_a_cycle_and_a_date(upgraded):
    rows = postgres.sql(
        """SELECT count(*), count(change.cycle_id), count(change.date), bool_and(change.cycle_id = entitlement.cycle_id)
             FROM spp_entitlement_state_change change
        LEFT JOIN spp_entitlement entitlement ON entitlement.id = change.entitlement_id""",
        database=upgraded[0],
    )
    count, cycles, dates, same = rows[0]
    assert int(count) > 0
    assert count == cycles == dates
    assert same in (True, "t")


def test_what_people_set_up_stays(looked):
    assert looked["kept"] == {
        "secret": SECRET,
        "page_size": 7,
        "cron_active": False,
        "cron_interval": 7,
        "activity": "Visit the family",
        "flags": [5, 4, 8, 3],
        "matching": 3,
        "numbers": [1, 2, 3, 4, 5],
        "criteria": ["Regular", "Regular", "Regular"],
        "run": ["failed", "The server does not answer.", 1, 0],
    }


def test_nobody_reaches_records_of_another_company(upgraded):
    """No public method changes them or tells their names, whatever roles somebody has elsewhere."""
    found = odoo.ask(
        upgraded[0],
        f"sys.path.append({str(paths.ROOT / 'tests')!r})\nfrom upgrade_look import reach_across\nanswer = reach_across(env)",
    )
    assert (found["wrote"], found["named"]) == ([], [])
    assert found["called"] > 150
