# Part of the SPP attendance suite. LGPL-3.
"""The main job from a terminal's log to closed cycles, compared with a calculation of its own in plain Python."""

import codecs
import json
import random
import subprocess
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tools import paths

pytestmark = pytest.mark.apart
LOGS = paths.ROOT / "tests" / "data" / "terminal-attlog"


@dataclass
class Terminal:
    """A terminal as the calculation sees it: its rules, and its scans as pairs of PIN and local time."""

    serial: str
    scans: list
    session_start: str
    checkin_from: str
    checkin_until: str
    session_end: str = "23:59:59"
    time_zone: str = "Asia/Jakarta"
    grace_minutes: int = 5
    log: bytes = field(default=b"", repr=False)

    def instant(self, day, clock):
        """Seconds since 1970 of a wall time here; of one that occurs twice the first is meant."""
        return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(self.time_zone)).timestamp()


@dataclass
class Rules:
    """What holds for all terminals of a scenario."""

    month: str
    enrolment_days: int = 5
    required_percentage: int = 80
    amount: str = "30000"
    currency: str = "IDR"
    redemption: tuple = (("1",), ("0.6", "0.4"), ("1",), ("0.5",), ())

    @property
    def days(self):
        """Every day of the month."""
        first = date.fromisoformat(f"{self.month}-01")
        return [day for n in range(31) if (day := first + timedelta(days=n)).month == first.month]

    @property
    def previous_month(self):
        """The month before, as text."""
        return f"{self.days[0] - timedelta(days=1):%Y-%m}"


# --- the calculation


def expected_figures(rules, terminals):
    """The figures the main job must come to."""
    total = defaultdict(int)
    compliant = {}
    for terminal in terminals:
        enrolled = _enrolled(rules, terminal)
        in_month = {(pin, moment) for pin, moment in terminal.scans if f"{moment:%Y-%m}" == rules.month}
        on_time, late = _arrivals(rules, terminal, enrolled, in_month)
        required = rules.required_percentage * len(rules.days)
        compliant[terminal.serial] = sum(100 * (on_time[pin] + late[pin]) >= required for pin in enrolled)
        total["scans"] += len(in_month)
        total["unmatched_scans"] += sum(pin not in enrolled for pin, _moment in in_month)
        total["enrolled"] += len(enrolled)
        total["sessions"] += len(rules.days)
        total["rows"] += len(rules.days) * len(enrolled)
        total["present"] += sum(on_time.values())
        total["late"] += sum(late.values())
    paid = sum(compliant.values())
    shares = [sum(map(Decimal, rules.redemption[n % len(rules.redemption)])) for n in range(paid)]
    return {
        **total,
        "absent": total["rows"] - total["present"] - total["late"],
        "compliant": paid,
        "compliant_by_terminal": compliant,
        "entitled_amount": float(Decimal(rules.amount) * paid),
        "redeemed": sum(share == 1 for share in shares),
        "partially_redeemed": sum(0 < share < 1 for share in shares),
        "unredeemed": sum(share == 0 for share in shares),
        "cycle_state": "ended",
        "new_after_replay": 0,
    }


def _enrolled(rules, terminal):
    days = defaultdict(set)
    for pin, moment in terminal.scans:
        if f"{moment:%Y-%m}" == rules.previous_month:
            days[pin].add(moment.date())
    return {pin for pin, on in days.items() if len(on) >= rules.enrolment_days}


def _arrivals(rules, terminal, enrolled, in_month):
    """Number of days on time and late, by PIN."""
    moments = defaultdict(list)
    for pin, moment in in_month:
        moments[pin].append(moment.replace(tzinfo=ZoneInfo(terminal.time_zone)).timestamp())
    on_time, late = defaultdict(int), defaultdict(int)
    for day in rules.days:
        start = terminal.instant(day, terminal.session_start)
        opens_before = terminal.checkin_from > terminal.session_start
        closes_after = terminal.checkin_until < terminal.session_start
        opens = terminal.instant(day - timedelta(days=opens_before), terminal.checkin_from)
        closes = terminal.instant(day + timedelta(days=closes_after), terminal.checkin_until)
        for pin in enrolled:
            arrival = min((moment for moment in moments[pin] if opens <= moment <= closes), default=None)
            if arrival is not None:
                (on_time if arrival <= start + 60 * terminal.grace_minutes else late)[pin] += 1
    return on_time, late


# --- scenario files and logs


def scenario_file(folder, rules, terminals):
    """Write the scenario and the logs that go with it."""
    lines = [
        f'month = "{rules.month}"',
        f"enrolment_days = {rules.enrolment_days}",
        f"required_percentage = {rules.required_percentage}",
        f'amount = "{rules.amount}"',
        f'currency = "{rules.currency}"',
        f"redemption = {json.dumps(rules.redemption)}",
    ]
    for terminal in terminals:
        (folder / f"{terminal.serial}.dat").write_bytes(terminal.log)
        lines += ["[[terminals]]", f'log = "{terminal.serial}.dat"', f"grace_minutes = {terminal.grace_minutes}"]
        lines += [
            f'{key} = "{getattr(terminal, key)}"'
            for key in ("serial", "time_zone", "session_start", "session_end", "checkin_from", "checkin_until")
        ]
    path = folder / "scenario.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def real_terminals():
    """The two terminals of the real logs."""
    terminals = []
    for serial, start, opens in (("101", "06:00:00", "04:30:00"), ("200", "08:30:00", "07:00:00")):
        log = (LOGS / f"{serial}_attlog.dat").read_bytes()
        rows = (line.split("\t") for line in log.decode("ascii").splitlines())
        scans = [(pin.strip(), datetime.fromisoformat(moment)) for pin, moment, *_rest in rows]
        terminals.append(Terminal(serial, scans, start, opens, "12:00:00", session_end="12:00:00", log=log))
    return terminals


def log_line(pin, moment):
    """A line as terminals write it to a USB stick."""
    return f"{pin:>9}\t{moment:%Y-%m-%d %H:%M:%S}\t1\t0\t1\t0"


def random_scans(seed, rules, pins, earliest, latest, attendance=0.8):
    """Scans of two months: on most days one to three of each PIN, between two wall times in minutes of the day."""
    chance = random.Random(seed)
    before = [
        day for n in range(1, 32) if f"{(day := rules.days[0] - timedelta(days=n)):%Y-%m}" == rules.previous_month
    ]
    scans = []
    for pin in pins:
        diligence = chance.uniform(attendance - 0.15, 1)
        for day in sorted(before) + rules.days:
            if chance.random() < diligence:
                for _again in range(chance.randint(1, 3)):
                    minutes = chance.uniform(earliest, latest)
                    moment = datetime.combine(day, time()) + timedelta(seconds=int(minutes * 60))
                    if f"{moment:%Y-%m}" in (rules.month, rules.previous_month):
                        scans.append((pin, moment))
    return sorted(scans, key=lambda scan: scan[1])


# --- tests


def test_default_scenario(october_figures):
    """What a newcomer types first, with the figures that are known for the real log."""
    done = subprocess.run(
        [paths.ROOT / "spp", "demo", "--once", "--json"], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == october_figures


def test_calculation_agrees_with_the_known_figures(october_figures):
    assert expected_figures(Rules("2025-10"), real_terminals()) == october_figures


@pytest.mark.parametrize("month", ["2025-03", "2025-06", "2025-12"])
def test_other_months_of_the_real_log(tmp_path, run_main_job, month):
    rules, terminals = Rules(month), real_terminals()
    figures = run_main_job(scenario_file(tmp_path, rules, terminals), f"month_{month[-2:]}")
    assert figures == expected_figures(rules, terminals)


def test_clocks_go_back(tmp_path, run_main_job):
    """October in Berlin, with three terminals whose logs have every fault that is known from real ones."""
    rules = Rules("2025-10", amount="12.35", currency="EUR", redemption=(("0.3333", "0.3333"), ("1",), ()))
    small_hours = Terminal(
        "NIGHT1",
        random_scans(1, rules, ["1", "2", "3", "44"], 60, 210),
        "02:30:00",
        "01:00:00",
        "03:30:00",
        time_zone="Europe/Berlin",
    )
    # the hour from two to three occurs twice on the 26th: on the terminal's clock the second scan is the earlier one
    small_hours.scans += [("5", datetime(2025, 9, day, 2)) for day in range(1, 8)]
    small_hours.scans += [("5", datetime(2025, 10, 26, 2, 50)), ("5", datetime(2025, 10, 26, 2, 20))]
    morning = Terminal(
        "MORNING-2",
        random_scans(2, rules, ["1", "2", "0007", "7", "A.b-c_9"], 470, 610),
        "09:00:00",
        "08:00:00",
        "10:00:00",
        time_zone="Europe/Berlin",
    )
    over_midnight = Terminal(
        "3",
        random_scans(3, rules, ["1", "6", "8"], 1200, 1600),
        "22:00:00",
        "20:30:00",
        "01:30:00",
        time_zone="Europe/Berlin",
        grace_minutes=10,
    )
    nobody_enrolled = Terminal(
        "NEW4",
        [(pin, moment) for pin, moment in random_scans(4, rules, ["1", "9"], 400, 700) if moment.month == 10],
        "09:00:00",
        "06:00:00",
        "12:00:00",
        time_zone="Asia/Kathmandu",
    )
    terminals = [small_hours, morning, over_midnight, nobody_enrolled]
    for terminal in terminals:
        terminal.log = "".join(log_line(*scan) + "\n" for scan in terminal.scans).encode()
    _damage(morning, over_midnight, nobody_enrolled)
    figures = run_main_job(scenario_file(tmp_path, rules, terminals), "clocks_back")
    expected = expected_figures(rules, terminals)
    assert min(expected[key] for key in ("present", "late", "absent", "unmatched_scans", "unredeemed")) > 0
    assert expected["compliant_by_terminal"]["NEW4"] == 0
    assert figures == expected


def _damage(morning, over_midnight, nobody_enrolled):
    """Write three logs the way faulty sticks and terminals do; no good line is lost by it."""
    lines = [log_line(*scan) for scan in morning.scans]
    cut = "    A.b-c_9\t2025-10-31 08:5"
    morning.log = codecs.BOM_UTF16_LE + ("\r\n".join(lines) + "\r\n" + cut).encode("utf-16-le")[:-1]

    lines = [line.encode() + b"\r\n" for line in map(lambda scan: log_line(*scan), over_midnight.scans)]
    lines[50:60] = reversed(lines[50:60])  # the clock was set back for a while
    lines[80:80] = lines[80:90]  # ten lines twice
    lines[40] = lines[40].rstrip() + bytes(3000)  # the end of the line is lost as well
    lines[20] = bytes(512) + lines[20]
    lines.insert(10, log_line("6", datetime(2000, 1, 1, 0, 3, 14)).encode() + b"\r\n")
    lines.insert(70, b"        6\t2025-10-15 22:" + bytes(700) + b"0\t1\t0\r\n")
    over_midnight.log = b"".join(lines) + b"        8\t2025-10-31 23:1"

    rest = "\t".join(["255", "1", "0", "0", "0", "", "0", "0", "0"])
    nobody_enrolled.log = "".join(
        f"{pin}\t{moment:%Y-%m-%d %H:%M:%S}\t{rest}\n" for pin, moment in nobody_enrolled.scans
    ).encode()


def test_clocks_go_forward(tmp_path, run_main_job):
    """March in Berlin: half past two does not exist on the 30th; a person who came every day must lose none."""
    rules = Rules("2025-03", required_percentage=100, redemption=(("0.5", "0.25", "0.25"),))
    every_day = [datetime(2025, 2, 1) + timedelta(days=n) for n in range(28 + 31)]
    small_hours = Terminal(
        "NIGHT1",
        [("1", day.replace(hour=3, minute=10)) for day in every_day]
        + [("2", day.replace(hour=1, minute=59)) for day in every_day]
        + [("3", day.replace(hour=3, minute=10)) for day in every_day if day != datetime(2025, 3, 30)],
        "02:30:00",
        "01:30:00",
        "04:00:00",
        time_zone="Europe/Berlin",
    )
    morning = Terminal(
        "MORNING2",
        [("1", day.replace(hour=9, minute=5)) for day in every_day]
        + [("2", day.replace(hour=9, minute=5, second=1)) for day in every_day]
        + [("3", day.replace(hour=10)) for day in every_day]
        + [("4", day.replace(hour=8)) for day in every_day]
        + [("5", day.replace(hour=10, second=1)) for day in every_day]
        + [("6", day.replace(hour=7, minute=59, second=59)) for day in every_day],
        "09:00:00",
        "08:00:00",
        "10:00:00",
        time_zone="Europe/Berlin",
    )
    terminals = [small_hours, morning]
    for terminal in terminals:
        terminal.log = "".join(log_line(*scan) + "\n" for scan in terminal.scans).encode()
    figures = run_main_job(scenario_file(tmp_path, rules, terminals), "clocks_forward")
    assert figures == expected_figures(rules, terminals)
    assert figures["compliant_by_terminal"] == {"NIGHT1": 2, "MORNING2": 4}
    assert (figures["present"], figures["late"]) == (1 + 31 + 0 + 2 * 31, 30 + 30 + 2 * 31)


def test_one_terminal_where_nobody_is_enrolled(tmp_path, run_main_job):
    rules = Rules("2025-04")
    scans = [("1", datetime(2025, 4, day, 9)) for day in range(1, 31)]
    log = "".join(log_line(*scan) + "\n" for scan in scans).encode()
    terminals = [Terminal("ONLY", scans, "09:00:00", "08:00:00", "10:00:00", log=log)]
    figures = run_main_job(scenario_file(tmp_path, rules, terminals), "nobody")
    assert figures == expected_figures(rules, terminals)
    assert (figures["scans"], figures["unmatched_scans"], figures["rows"], figures["compliant"]) == (30, 30, 0, 0)
