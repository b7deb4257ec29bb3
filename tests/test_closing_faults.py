# Part of the SPP attendance suite. LGPL-3.
"""Ends of cycles that are killed, started twice or met by bookings, and the oddest things they count. Nothing is half done."""

import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from itertools import count

import pytest

from bench import close, close_sql
from bench.close_data import KINDS, Cycles
from tools import odoo, paths
from tools.database import connect
from tools.rpc import Client
from tools.server import Server

CHUNK = 10_000
_CASH, _INKIND = "spp.entitlement.transactions", "spp.inkind.entitlement.transactions"
_WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_BLOCKED = "SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
#: Entitlements of a cycle whose balance is not what their transactions say, or whose state is not what the balance says.
_UNTRUE = {
    table: f"""
        SELECT e.id FROM {table} e
          LEFT JOIN (SELECT entitlement_id, SUM(CASE transaction_type WHEN 'VOID' THEN -{measure} ELSE {measure} END) AS value
                       FROM {transactions} GROUP BY entitlement_id) redeemed ON redeemed.entitlement_id = e.id
         WHERE e.cycle_id = %s
           AND (e.entitlement_balance <> e.{initial} - COALESCE(redeemed.value, 0)
                OR e.state NOT IN ('approved', 'trans2FSP') AND e.entitlement_balance = e.{initial}
                OR e.state <> 'rdpd2ben' AND e.entitlement_balance = 0
                OR e.state <> 'parrdpd2ben' AND e.entitlement_balance > 0 AND e.entitlement_balance < e.{initial})
    """  # noqa: S608 - constants only
    for table, transactions, initial, measure in (
        ("spp_entitlement", "spp_entitlement_transactions", "initial_amount", "amount_charged_by_service_point"),
        ("spp_entitlement_inkind", "spp_inkind_entitlement_transactions", "quantity", "quantity"),
    )
}


class Office:
    """A server with cycles to end; `admin` and `manager` are signed-in users."""

    def __init__(self, server):
        self.server = server
        self._numbers = count(1)
        self.admin = Client(server.url, server.database, "admin", "admin")
        self._cron = self.admin.ref("spp_entitlement_autoupdate.ir_cron_end_cycles")
        self.cycles = Cycles(self.admin, server.database)
        groups = ("base.group_user", "spp_programs.group_programs_manager")
        values = {"name": "Manager", "login": "manager", "password": "manager"}
        values["group_ids"] = [(6, 0, [self.admin.ref(group) for group in groups])]
        self.admin.call("res.users", "create", [values], context={"no_reset_password": True})
        self.sign_in()

    def sign_in(self):
        """Sign in, once more after the server has been started anew."""
        self.admin = self.cycles.admin = Client(self.server.url, self.server.database, "admin", "admin")
        self.manager = Client(self.server.url, self.server.database, "manager", "manager")

    def start(self, client=None):
        """Run the scheduled action now."""
        (client or self.admin).call("ir.cron", "method_direct_trigger", [self._cron])

    def start_process(self, cycle):
        """End a cycle step by step, as a worker does, in a process of its own that can be killed."""
        script = f"while env['spp.cycle'].browse({cycle})._end_step():\n    env.cr.commit()\n\nenv.cr.commit()\n"
        with open(paths.LOG / "closing-faults-worker.log", "ab") as log:
            worker = subprocess.Popen(
                odoo.command(["--no-http", "--max-cron-threads", "0"], self.server.database, "shell"),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=odoo.environment(),
                cwd=paths.RUN,
                start_new_session=True,
            )
        worker.stdin.write(script.encode())
        worker.stdin.close()
        return worker

    def end(self, cycle):
        """End a cycle as a person does, in one go."""
        self.manager.call("spp.cycle", "mark_ended", [cycle])

    def add_cycle(self, **program):
        """A small approved cycle of October 2025, of a program of its own."""
        name = f"Odd {next(self._numbers)}"
        (program,) = self.admin.call("spp.program", "create", [{"name": name, "target_type": "individual", **program}])
        values = {"name": name, "program_id": program, "start_date": "2025-10-01", "end_date": "2025-10-31"}
        (cycle,) = self.admin.call(
            "spp.cycle", "create", [{**values, "state": "approved"}], context={"spp_historical_import": True}
        )
        return cycle

    def add_entitlement(self, cycle, model="spp.entitlement", **values):
        if not hasattr(self, "_person"):
            (self._person,) = self.admin.call("res.partner", "create", [{"name": "Odd", "is_registrant": True}])
        common = {"partner_id": self._person, "cycle_id": cycle, "state": "approved"}
        common |= {"valid_from": "2025-10-01", "valid_until": "2025-10-31"}
        return self.admin.call(model, "create", [common | values], context={"spp_historical_import": True})[0]

    def book(self, model, entitlement, **values):
        """Book one purchase, or a void with `purchase_uuid`; what the server answers."""
        entitlements = "spp.entitlement" if model == _CASH else "spp.entitlement.inkind"
        (partner,) = self.admin.call(entitlements, "read", [entitlement], ["partner_id"])
        item = {
            "transaction_uuid": f"odd-{next(self._numbers)}",
            "transaction_type": "VOID" if "purchase_uuid" in values else "PURCHASE",
            "entitlement_id": entitlement,
            "partner_id": partner["partner_id"][0],
            "timestamp_transaction_created": "2025-10-20T10:00:00Z",
            **values,
        }
        return self.admin.call(model, "book", [item])[0]


@pytest.fixture(scope="module")
def office(serve):
    # killed servers and refused transactions are in the server's log
    with serve("closing_faults", errors_expected=True) as server:
        yield Office(server)


@pytest.fixture
def ended(office, rows, until):
    """Function: wait until a cycle has ended; asking wakes the job runner."""

    def wait(cycle):
        def check():
            rows(office.server, "SELECT pg_notify('queue_job', 'nothing')")
            return rows(office.server, "SELECT FROM spp_cycle WHERE id = %s AND state = 'ended'", cycle)

        until(check, "the cycle to end")

    return wait


@pytest.fixture
def held(office, rows, until):
    """Context manager: hold an entitlement, so that whoever changes it waits.

    It yields a function that waits until somebody does, and with a number until so many wait for that one or behind it.
    """

    @contextmanager
    def hold(table, entitlement):
        with closing(connect(office.server.database)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT FROM {table} WHERE id = %s FOR UPDATE", [entitlement])
            holder = connection.info.backend_pid

            def wait_for(number=1):
                until(lambda: rows(office.server, _BLOCKED, holder), "somebody to wait for the entitlement")
                until(lambda: len(rows(office.server, _WAITING)) >= number, f"{number} to wait")

            yield wait_for

    return hold


@pytest.fixture
def chunks(office, rows):
    """Function: the chunks of a cycle in the order of the run: (table, first and last entitlement that will change, number)."""

    def read(cycle):
        found = []
        for table, initial in zip(KINDS, ("initial_amount", "quantity"), strict=True):
            found += rows(
                office.server,
                f"""SELECT '{table}', MIN(id), MAX(id), COUNT(*)
                      FROM (SELECT id, entitlement_balance < {initial} AS changes, (ROW_NUMBER() OVER (ORDER BY id) - 1) / {CHUNK} AS chunk
                              FROM {table} WHERE cycle_id = %s) numbered
                     WHERE changes GROUP BY chunk ORDER BY chunk""",  # noqa: S608 - constants only
                cycle,
            )
        return found

    return read


@pytest.fixture
def changed(office, rows):
    """Function: how many entitlements of a cycle have got a state from a run."""

    def read(cycle):
        ((number,),) = rows(
            office.server,
            "SELECT COUNT(*) FROM spp_entitlement_state_change c JOIN spp_cycle_closing r ON r.id = c.closing_id"
            " WHERE r.cycle_id = %s",
            cycle,
        )
        return number

    return read


def check_against_sql(office, rows, cycle, size):
    """The cycle is as if it had been closed by plain SQL at once, by one run, and nothing is untrue."""
    other = office.cycles.add(f"By SQL {cycle}", size)
    close_sql.close(office.server.database, other, CHUNK)
    # who started the run differs from plain SQL, so users are left out
    close.compare(office.server.database, cycle, other, "plain SQL", users=False)
    assert [
        state for (state,) in rows(office.server, "SELECT state FROM spp_cycle_closing WHERE cycle_id = %s", cycle)
    ] == ["done"]
    check_truth(office, rows, cycle)


def check_truth(office, rows, cycle):
    for table, untrue in _UNTRUE.items():
        assert not rows(office.server, untrue, cycle), table


# --- killed


def test_killed_at_every_boundary_and_inside_every_batch(office, rows, until, held, ended, chunks, changed):
    """What a finished batch wrote stays, of an unfinished one nothing; the run goes on from there each time."""
    size = 4 * CHUNK
    cycle = office.cycles.add("Killed", size)
    batches = chunks(cycle)
    assert len(batches) == 4
    done = 0
    with ExitStack() as holds:
        stops = []
        for table, first, last, number in batches:
            # the first row stops the batch at its beginning, the last one in its middle
            for row in (first, last):
                hold = holds.enter_context(ExitStack())
                stops.append((hold, hold.enter_context(held(table, row)), done))
            done += number
        for hold, wait_for, before in stops:
            worker = office.start_process(cycle)
            wait_for()
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            # PostgreSQL would notice only when the row is free
            rows(office.server, f"SELECT pg_terminate_backend(pid) FROM ({_WAITING}) waiting")  # noqa: S608 - a constant
            until(lambda: not rows(office.server, _WAITING), "the killed run to be gone")
            assert changed(cycle) == before
            hold.close()
    assert office.start_process(cycle).wait() == 0
    ended(cycle)
    assert changed(cycle) == done
    check_against_sql(office, rows, cycle, size)


# --- at once


def test_two_servers_and_a_person_start_at_once(office, rows, held, ended, chunks):
    """All join the same run."""
    size = 2 * CHUNK
    cycle = office.cycles.add("Two crons", size)
    table, _first, last, _number = chunks(cycle)[0]
    with Server(office.server.database) as second, ThreadPoolExecutor(3) as threads:
        other = Client(second.url, second.database, "admin", "admin")
        with held(table, last) as wait_for:
            starts = [threads.submit(office.start, client) for client in (office.admin, other)]
            wait_for()
            person = threads.submit(office.end, cycle)
            wait_for(2)
        for start in starts:
            start.exception()  # one may hear that the action runs already
        person.result()
        ended(cycle)
    check_against_sql(office, rows, cycle, size)


@pytest.mark.parametrize("part", ["settled batch", "batch to come"])
def test_booking_at_the_moment_of_closing(office, rows, held, ended, chunks, part):
    """A booking waits for the batch, and is then counted or kept as late: the states tell the truth either way."""
    cycle = office.cycles.add(f"Booking {part}", 2 * CHUNK)
    ((entitlement,),) = rows(
        office.server,
        "SELECT CASE WHEN %s THEN MIN(id) ELSE MAX(id) END FROM spp_entitlement"
        " WHERE cycle_id = %s AND entitlement_balance = initial_amount",
        part == "settled batch",
        cycle,
    )
    table, _first, last, _number = chunks(cycle)[0]
    currency = rows(office.server, "SELECT c.name FROM spp_cycle JOIN res_currency c ON c.id = currency_id LIMIT 1")[0][
        0
    ]
    with ThreadPoolExecutor(2) as threads:
        with held(table, last) as wait_for:
            office.start()
            wait_for()
            values = {"amount_charged_by_service_point": 33.33, "currency": currency}
            booking = threads.submit(office.book, _CASH, entitlement, **values)
            wait_for(2)
        answer = booking.result()
        ended(cycle)
    assert answer["result"] in ("stored", "late"), answer
    ((state,),) = rows(office.server, "SELECT state FROM spp_entitlement WHERE id = %s", entitlement)
    assert (state == "parrdpd2ben") == (answer["result"] == "stored")
    check_truth(office, rows, cycle)


# --- after the end


def test_void_after_the_close(office, rows, until):
    """It is kept as an adjustment, changes nothing at first, and the correction run leaves a trace."""
    cycle = office.add_cycle()
    entitlement = office.add_entitlement(cycle, initial_amount=99.99, is_cash_entitlement=True)
    currency = _currency(office, cycle)
    value = {"amount_charged_by_service_point": 99.99, "currency": currency}
    purchase = office.book(_CASH, entitlement, **value)
    assert purchase["result"] == "stored"
    office.end(cycle)
    states = "SELECT state, entitlement_balance FROM spp_entitlement WHERE id = %s"
    assert rows(office.server, states, entitlement) == [("rdpd2ben", 0)]
    value["amount_charged_by_service_point"] = 33.33
    void = office.book(_CASH, entitlement, purchase_uuid=purchase["transaction_uuid"], **value)
    assert void["result"] == "late"
    assert rows(office.server, states, entitlement) == [("rdpd2ben", 0)]
    office.manager.call("spp.cycle", "action_correct_adjustments", [cycle])
    trace = """
        SELECT c.old_state, c.new_state, r.kind FROM spp_entitlement_state_change c
          JOIN spp_cycle_closing r ON r.id = c.closing_id WHERE c.entitlement_id = %s ORDER BY c.id
    """
    corrected = "SELECT FROM spp_cycle_closing WHERE cycle_id = %s AND kind = 'correction' AND state = 'done'"
    until(
        lambda: (
            rows(office.server, "SELECT pg_notify('queue_job', 'nothing')") and rows(office.server, corrected, cycle)
        ),
        "the correction to be done",
    )
    (state, balance) = rows(office.server, states, entitlement)[0]
    assert (state, float(balance)) == ("parrdpd2ben", 33.33)
    assert rows(office.server, trace, entitlement) == [
        ("approved", "rdpd2ben", "end"),
        ("rdpd2ben", "parrdpd2ben", "correction"),
    ]
    check_truth(office, rows, cycle)


def _currency(office, cycle):
    (found,) = office.admin.call("spp.cycle", "read", [cycle], ["currency_id"])
    return office.admin.call("res.currency", "read", [found["currency_id"][0]], ["name"])[0]["name"]


# --- what is counted


def test_units_of_quantities(office, rows):
    """Grams are taken off kilograms exactly; what cannot be converted is refused."""
    kilogram, gram, litre = (office.admin.ref(f"uom.product_uom_{name}") for name in ("kgm", "gram", "litre"))
    (rice,) = office.admin.call("product.product", "create", [{"name": "Rice", "uom_id": kilogram}])
    cycle = office.add_cycle()
    goods = {"model": "spp.entitlement.inkind", "product_id": rice, "uom_id": kilogram}
    partly, full = (office.add_entitlement(cycle, quantity=quantity, **goods) for quantity in (10, 5))
    assert office.book(_INKIND, partly, quantity=2500, uom_id=gram)["result"] == "stored"
    assert office.book(_INKIND, partly, quantity=1, uom_id=litre)["result"] == "rejected"
    assert office.book(_INKIND, full, quantity=4, uom_id=kilogram)["result"] == "stored"
    assert office.book(_INKIND, full, quantity=1000, uom_id=gram)["result"] == "stored"
    office.end(cycle)
    found = rows(
        office.server,
        "SELECT state, entitlement_balance FROM spp_entitlement_inkind WHERE cycle_id = %s ORDER BY id",
        cycle,
    )
    assert [(state, float(balance)) for state, balance in found] == [("parrdpd2ben", 7.5), ("rdpd2ben", 0)]
    check_truth(office, rows, cycle)


def test_currency_without_decimals(office, rows):
    """Three times 33 yen of 99 is nothing; half a yen is refused."""
    yen = office.admin.call("res.currency", "search", [("name", "=", "JPY"), ("active", "in", (True, False))])
    office.admin.call("res.currency", "write", yen, {"active": True})
    cycle = office.add_cycle(currency_id=yen[0])
    full, partly = (office.add_entitlement(cycle, initial_amount=99, is_cash_entitlement=True) for _number in range(2))
    value = {"amount_charged_by_service_point": 33, "currency": "JPY"}
    assert [office.book(_CASH, full, **value)["result"] for _number in range(3)] == ["stored"] * 3
    assert office.book(_CASH, full, **{**value, "amount_charged_by_service_point": 1})["result"] == "rejected"
    assert office.book(_CASH, partly, **{**value, "amount_charged_by_service_point": 0.5})["result"] == "rejected"
    assert office.book(_CASH, partly, **{**value, "amount_charged_by_service_point": 98})["result"] == "stored"
    office.end(cycle)
    found = rows(
        office.server, "SELECT state, entitlement_balance FROM spp_entitlement WHERE cycle_id = %s ORDER BY id", cycle
    )
    assert [(state, float(balance)) for state, balance in found] == [("rdpd2ben", 0), ("parrdpd2ben", 1)]
    check_truth(office, rows, cycle)
