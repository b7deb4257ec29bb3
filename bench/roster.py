# Part of the SPP attendance suite. LGPL-3.
"""Registers: opening and submitting them, rates of many people, and the lists, with few and with very many marks.

* A roster of 40 and one of 400 people is opened and submitted through the running server; how many queries that takes is
  what the server itself counts in the log line of the request. Times are ratios to the no-op route (`/iclock/ping`).
* Rates of all people are calculated in an Odoo process, and by SQL written by hand with the same rules.
* The list screens are asked for what the web client asks for, first with a hundredth of the marks, then with all of them.
"""

import re
import time
from collections import namedtuple
from datetime import date, timedelta
from statistics import median, mode
from xml.etree import ElementTree

import requests

from bench import rates as bench_rates
from bench.data import PER_ROSTER, Registers
from tools.console import Failure, step
from tools.rpc import Client

PEOPLE, MARKS = 10_000, 1_000_000
SHARE_OF_FEW = 100
FEWEST_MARKS = 2_000
SMALL_CLASS, LARGE_CLASS = 40, 400
_SESSIONS, _TIMES, _WARM_UP = 9, 15, 4  # both workers have to be warm
_LISTS = {
    "sessions": "spp.session",
    "attendance": "spp.session.attendance",
    "rosters": "spp.session.roster",
    "session_types": "spp.session.type",
}
_GROUPED = {"sessions_by_state": ("sessions", "state"), "attendance_by_status": ("attendance", "status_id")}
_PAGE = {"limit": 80, "offset": 0}

Taken = namedtuple("Taken", "ratio queries")


def run(server, marks=MARKS):
    """Measure.

    :param server: running `tools.server.Server` on a fresh database
    :param marks: how many marks there are in the end; people and rosters follow
    :return: dict of figures
    """
    admin = Client(server.url, server.database, "admin", "admin")
    manager = _manager(server, admin)
    watch = Watch(server)
    figures = {}
    with step(f"Taking the registers of {SMALL_CLASS} and {LARGE_CLASS} people"):
        for size in (SMALL_CLASS, LARGE_CLASS):
            for name, taken in _take_registers(server, admin, manager, watch, size).items():
                figures[f"{name}_{size}_queries"] = taken.queries
                figures[f"{name}_{size}_to_no_op_time"] = round(taken.ratio, 1)
    people = max(marks * PEOPLE // MARKS // PER_ROSTER, 2) * PER_ROSTER
    few = max(marks // SHARE_OF_FEW, people)
    with step(f"Making {few:,} marks"):
        registers = Registers(admin, server.database, people)
        registers.grow(few)
    screens = {name: _screen(manager, model) for name, model in _LISTS.items()}
    with step(f"Opening the lists with {few:,} marks"):
        with_few = _open_lists(manager, watch, screens)
    with step(f"Making {marks:,} marks"):
        registers.grow(marks)
    with step(f"Opening the lists with {marks:,} marks"):
        with_many = _open_lists(manager, watch, screens)
    for name, ratio in with_many.items():
        figures[f"list_{name}_to_no_op_time"] = round(ratio, 1)
        figures[f"list_{name}_many_to_few"] = round(ratio / with_few[name], 2)
    with step(f"Calculating the rates of {people:,} people"):
        registers.schedule()
        rates = bench_rates.run(server.database, registers.first_person, people, registers.type_ids[0])
    figures |= {
        "marks": marks,
        "people": people,
        "sessions": registers.sessions,
        "people_with_rate": rates["people_with_rate"],
    }
    for name in ("rate", "counts", "forecast"):
        figures[f"{name}_queries"] = rates["queries"][name]
        figures[f"{name}_to_sql_time"] = round(rates[name] / rates["by_hand"], 2)
    return figures


def _manager(server, admin):
    groups = ("base.group_user", "spp_session_tracking.group_session_manager")
    values = {"name": "Manager", "login": "bench", "password": "bench"}
    group_ids = [(6, 0, [admin.ref(group) for group in groups])]
    admin.call("res.users", "create", [{**values, "group_ids": group_ids}], context={"no_reset_password": True})
    return Client(server.url, server.database, "bench", "bench")


class Watch:
    """Times of requests as ratios to the no-op route, which is asked in turn with them."""

    def __init__(self, server):
        self._http, self._url = requests.Session(), f"{server.url}/iclock/ping"
        self.noop()

    def noop(self):
        """Seconds of one request to the no-op route."""
        started = time.perf_counter()
        self._http.get(self._url, timeout=60).raise_for_status()
        return time.perf_counter() - started

    def ratio(self, work, times=_TIMES):
        """How many times longer than the no-op route `work` takes, when it has been done before."""
        for _worker in range(_WARM_UP):
            work()
        noop, seconds = [], []
        for _number in range(times):
            noop.append(self.noop())
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
        return median(seconds) / median(noop)


# --- registers


class RequestLog:
    """What the server says in its log about the requests that end after this was made."""

    def __init__(self, path):
        self._file = open(path, errors="replace")
        self._file.seek(0, 2)
        self._rest = ""

    def queries(self, path):
        """How many queries the next request to a path has sent, as the server counts them.

        :raise Failure: when the log does not name the request within some seconds
        """
        line = re.compile(rf'"POST {re.escape(path)}[^"]*" 200 - (\d+) [\d.]+ [\d.]+')
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            self._rest += self._file.read()
            if found := line.search(self._rest):
                self._rest = self._rest[found.end() :]
                return int(found[1])
            time.sleep(0.02)
        raise Failure(f"the server's log does not name the request to {path}.")


def _take_registers(server, admin, manager, watch, size):
    """Open and submit registers of so many people.

    :return: dict open, submit -> `Taken`
    """
    people = admin.call(
        "res.partner", "create", [{"name": f"Person {n} of {size}", "is_registrant": True} for n in range(size)]
    )
    session_type = admin.call("spp.session.type", "create", [{"name": f"Class of {size}"}])[0]
    first = date.today() - timedelta(days=_SESSIONS + 1)
    roster = manager.call(
        "spp.session.roster",
        "create",
        [
            {
                "name": f"Class of {size}",
                "session_type_id": session_type,
                "membership_ids": [(0, 0, {"partner_id": person, "date_from": str(first)}) for person in people],
            }
        ],
    )[0]
    values = {"session_type_id": session_type, "roster_id": roster, "start_time": 8.0, "end_time": 10.0}
    sessions = manager.call(
        "spp.session",
        "create",
        [
            {"name": f"Session {n}", "date": str(first + timedelta(days=n % _SESSIONS)), **values}
            for n in range(_SESSIONS + _WARM_UP)
        ],
    )
    log, path = RequestLog(server.log), "/web/dataset/call_kw/spp.session/"
    noop, opened, submitted = [], [], []
    for session in sessions:
        noop.append(watch.noop())
        started = time.perf_counter()
        roster = manager.call("spp.session", "load_roster", [session])
        opened.append((time.perf_counter() - started, log.queries(f"{path}load_roster")))
        marks = [
            {"participant_id": row["participant_id"], "status": ("present", "absent")[n % 10 == 0], "base": False}
            for n, row in enumerate(roster["rows"])
        ]
        if len(marks) != size:
            raise Failure(f"the register shows {len(marks)} people instead of {size}.")
        started = time.perf_counter()
        saved = manager.call("spp.session", "save_roster", [session], marks, True)
        submitted.append((time.perf_counter() - started, log.queries(f"{path}save_roster")))
        if not saved["roster"]["is_submitted"]:
            raise Failure("a register was not submitted.")
    return {name: _usual(taken, noop) for name, taken in (("open", opened), ("submit", submitted))}


def _usual(taken, noop):
    seconds, queries = zip(*taken[_WARM_UP:], strict=True)
    # a worker that has not met something before asks once more for what it then remembers
    return Taken(median(seconds) / median(noop), mode(queries))


# --- lists


def _screen(client, model):
    """What the web client asks for when it opens the list of a model: its name and the specification of the fields."""
    views = client.call(model, "get_views", [[False, "list"]], {})
    known = views["models"][model]["fields"]
    arch = ElementTree.fromstring(views["views"]["list"]["arch"])
    names = [node.get("name") for node in arch.iter("field")]
    return model, {
        name: {"fields": {"display_name": {}}} if known[name]["type"] == "many2one" else {} for name in names
    }


def _latest_session(client):
    """The session with the longest history before it, whose register suggests what is usual for each person."""
    held = [("roster_id.name", "=like", "Roster %"), ("state", "=", "completed")]
    return client.call("spp.session", "search", held, order="date desc, id desc", limit=1)[0]


def _open_lists(client, watch, screens):
    """Ratios to the no-op route per list: the first page with the count, and the groups that people ask for first.

    The register of a session that has others before it is opened too.
    """
    asked: dict[str, tuple] = {
        name: (model, "web_search_read", [], specification, {**_PAGE, "order": "", "count_limit": 10_001})
        for name, (model, specification) in screens.items()
    }
    asked["latest_roster"] = ("spp.session", "load_roster", [_latest_session(client)], {})
    for name, (screen, field) in _GROUPED.items():
        asked[name] = (screens[screen][0], "web_read_group", [], [field], {**_PAGE, "aggregates": ["__count"]})
    return {
        name: watch.ratio(lambda call=call, options=options: client.call(*call, **options))
        for name, (*call, options) in asked.items()
    }
