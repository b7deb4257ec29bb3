# Part of the SPP attendance suite. LGPL-3.
"""What the users of the demo may not do, asked for over the wire, past every button and view."""

from datetime import date, timedelta

import pytest

from doubles.terminal import SimulatedTerminal
from tools.rpc import RpcError

REFUSED = ("odoo.exceptions.AccessError", "odoo.exceptions.UserError", "odoo.exceptions.ValidationError")


def refusal(client, model, method, *arguments, **options):
    """The Python name of the error with which a call is refused."""
    with pytest.raises(RpcError) as caught:
        client.call(model, method, *arguments, **options)
    assert caught.value.kind in REFUSED, f"{caught.value.kind}: {caught.value}"
    return caught.value.kind.removeprefix("odoo.exceptions.")


@pytest.fixture
def teacher(office, sign_in):
    return sign_in(office.server, "teacher")


@pytest.fixture(params=["admin", "manager", "teacher", "clerk"])
def anybody(office, sign_in, request):
    return sign_in(office.server, request.param)


def cycle_values(office, start):
    return {
        "name": f"Cycle from {start}",
        "program_id": office.programs["T1"],
        "start_date": str(start),
        "end_date": str(start + timedelta(days=27)),
    }


def test_teacher_may_not_decide_about_members(office, teacher, rows):
    cycle = office.cycles["T1"]
    action = "action_filter_beneficiaries_by_compliance_criteria"
    run = office.manager.call("spp.cycle", action, [cycle])["res_id"]
    states = "SELECT id, state FROM spp_cycle_membership ORDER BY id"
    before = rows(office.server, states)
    assert len(before) == 2

    assert refusal(teacher, "spp.attendance.compliance.run", "action_apply", [run]) == "AccessError"
    assert refusal(teacher, "spp.attendance.compliance.run", "write", [run], {"state": "applied"}) == "AccessError"
    assert refusal(teacher, "spp.cycle", action, [cycle]) == "AccessError"
    assert rows(office.server, "SELECT state FROM spp_attendance_compliance_run WHERE id = %s", run) == [("decided",)]
    assert rows(office.server, states) == before

    office.manager.call("spp.attendance.compliance.run", "action_apply", [run])
    assert rows(office.server, "SELECT state FROM spp_attendance_compliance_run WHERE id = %s", run) == [("applied",)]


@pytest.mark.parametrize("login", ["clerk", "teacher"])
@pytest.mark.parametrize("context", [{}, {"spp_historical_import": True}], ids=["plain", "import context"])
def test_clerk_and_teacher_may_not_create_cycles(office, sign_in, rows, login, context):
    user = sign_in(office.server, login)
    before = rows(office.server, "SELECT count(*) FROM spp_cycle")
    for start in (date(2025, 11, 1), date.today() + timedelta(days=7)):
        assert refusal(user, "spp.cycle", "create", cycle_values(office, start), context=context) == "AccessError"
    assert rows(office.server, "SELECT count(*) FROM spp_cycle") == before


def test_past_cycles_are_for_the_administrator_and_the_import_context(office):
    past, coming = (cycle_values(office, start) for start in (date(2025, 11, 1), date.today() + timedelta(days=7)))
    context = {"spp_historical_import": True}
    assert refusal(office.manager, "spp.cycle", "create", past) == "ValidationError"
    assert refusal(office.manager, "spp.cycle", "create", past, context=context) == "ValidationError"
    assert refusal(office.admin, "spp.cycle", "create", past) == "ValidationError"

    cycle = office.manager.call("spp.cycle", "create", coming)
    earlier = {"start_date": past["start_date"]}
    assert refusal(office.manager, "spp.cycle", "write", [cycle], earlier) == "ValidationError"
    assert refusal(office.manager, "spp.cycle", "write", [cycle], earlier, context=context) == "ValidationError"
    assert office.manager.call("spp.cycle", "read", [cycle], ["start_date"])[0]["start_date"] == coming["start_date"]

    created = office.admin.call("spp.cycle", "create", past, context=context)
    assert office.admin.call("spp.cycle", "read", [created], ["start_date"])[0]["start_date"] == past["start_date"]


def test_nobody_writes_scans(office, anybody, rows):
    SimulatedTerminal(office.server.url, "T1").post_batch([b"1\t2025-10-20 07:30:00\t0\t1"])
    everything = "SELECT id, device_id, event_key, raw_line, credential, scan_time FROM spp_attendance_scan ORDER BY id"
    before = rows(office.server, everything)
    device = rows(office.server, "SELECT id FROM spp_attendance_device WHERE serial = 'T1'")[0][0]
    scan = before[-1][0]
    made_up = {"device_id": device, "company_id": 1, "event_key": "2|2025-10-20 08:00:00", "credential": "2"}

    for method, arguments in {
        "create": [made_up],
        "write": [[scan], {"credential": "2"}],
        "unlink": [[scan]],
        "copy": [[scan]],
    }.items():
        refusal(anybody, "spp.attendance.scan", method, *arguments)
    for model, method, arguments in (
        ("spp.attendance.scan", "_match", [[scan]]),
        ("spp.attendance.device", "_ingest", [[device], []]),
    ):
        assert refusal(anybody, model, method, *arguments) == "AccessError"
    assert rows(office.server, everything) == before


def test_teacher_and_manager_may_not_book_redemptions(office, teacher):
    transaction = {"transaction_uuid": "made-up", "transaction_type": "PURCHASE", "entitlement_id": 1}
    for user in (teacher, office.manager):
        assert refusal(user, "spp.entitlement.transactions", "book", [transaction]) == "AccessError"
