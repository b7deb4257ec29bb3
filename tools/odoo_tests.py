# Part of the SPP attendance suite. LGPL-3.
"""Odoo's tests of our modules: on copies of one prepared database, side by side, each exactly once."""

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import apt, console, odoo, paths, postgres, selection, server
from tools.outcome import Outcome, TestName

#: How many databases are worked on at the same time.
LANES = 2
SECONDS = paths.RUN / "odoo-test-seconds.json"

# Lines that may be in the log of a good run: pattern and why.
IGNORED_LOG_LINES = {
    r"Error received after termination": "the page was still loading when its test had already succeeded",
}

# How long a file of tests takes that was never measured here.
_USUAL_SECONDS, _USUAL_BROWSER_SECONDS = 0.4, 6
_LONGEST_SECONDS = 3600

_LINE = re.compile(r"^\d{4}-\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[^:]+): (?P<text>.*)$", re.MULTILINE)
_RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading")
_TEST_FILE = re.compile(r"odoo\.addons\.(\w+)\.tests\.(\w+)")
_STARTING = re.compile(r"Starting (\w+\.\w+) \.\.\.")
_SECONDS = re.compile(r"^\t(\w+)\.\w+\.(\w+)\.(\w+): ([\d.]+)s \d+ queries$", re.MULTILINE)
_OURS = re.compile(r"\bspp[._]\w")
_OWN_PATH = re.compile(r"\S*/\.spp/\S*")


def run(tests: list[selection.OdooTest], *, complete: bool, fresh: bool = True) -> Outcome:
    """Run tests.

    :param tests: list of `selection.OdooTest`
    :param complete: whether these are all, so that each file must have run and the log of the installation counts too
    :param fresh: False takes a prepared database that may be older than the inside of functions
    :return: `Outcome`
    """
    if any(selection.drives_a_browser(*file) for file in {(test.module, test.file) for test in tests}):
        _warm_up_browser()
    template = odoo.tested_template(exact=fresh)
    lanes = divide(tests, LANES if complete else 1)
    logs = [paths.LOG / f"odoo-tests-{number}.log" for number in range(1, len(lanes) + 1)]

    def running() -> str:
        found = [console.last_match(log, r"odoo\.addons\.\w+\.tests\S+: Starting (\S+)") for log in logs]
        return ", ".join(one[1] for one in found if one)

    for log in logs:
        log.unlink(missing_ok=True)
    count = f"{len(tests)} Odoo tests" if len(tests) > 1 else f"the Odoo test {tests[0].dotted}"
    with console.step(f"Running {count}", running), ThreadPoolExecutor(len(lanes)) as threads:
        parts = list(threads.map(_run_lane, [template] * len(lanes), lanes, logs))
    outcome = Outcome(log=", ".join(console.shown(log) for log in logs))
    for part in parts:
        outcome.include(part)
    for problem in not_once(tests, [started for part in parts for started in part.started]):
        outcome.add(problem)
    if complete:
        for problem in [*_files_without_tests(parts), *_warnings_of_installing()]:
            outcome.add(problem)
        _remember(tests, outcome)
    return outcome


def _warm_up_browser() -> None:
    """Start Chromium once: Odoo gives it ten seconds and silently skips the test when it needs longer."""
    with console.step("Starting Chromium once"):
        browser = next(filter(None, map(shutil.which, apt.BROWSERS)), None)
        if browser is None:
            raise console.Failure("there is no Chromium: as root, run 'apt-get install chromium' and start again.")
        console.run(
            ["timeout", "120", browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            + [f"--user-data-dir={paths.RUN / 'chromium'}", "--dump-dom", "about:blank"],
            log=paths.LOG / "chromium.log",
            append=False,
            failure="Chromium does not start on this machine",
        )


# --- division


def divide(tests: list[selection.OdooTest], number: int) -> list[list[selection.OdooTest]]:
    """Lists of tests that take about the same time; those of one file stay together."""
    seconds = json.loads(SECONDS.read_text()) if SECONDS.exists() else {}
    files: Counter[tuple[str, str]] = Counter()  # seconds
    for test in tests:
        usual = _USUAL_BROWSER_SECONDS if selection.drives_a_browser(test.module, test.file) else _USUAL_SECONDS
        files[test.module, test.file] += seconds.get(f"{test.module}.{test.dotted}", usual)
    lanes: list[list[selection.OdooTest]] = [[] for _number in range(number)]
    loads = [0] * number
    for (module, file), cost in files.most_common():
        lightest = loads.index(min(loads))
        loads[lightest] += cost
        lanes[lightest] += [test for test in tests if (test.module, test.file) == (module, file)]
    return list(filter(None, lanes))


def _remember(tests: list[selection.OdooTest], outcome: Outcome) -> None:
    """Note how long each test took, for the next division; what is prepared for a class counts for its first test."""
    seconds = {f"{test.module}.{test.dotted}": outcome.seconds.get(f"{test.module}.{test.dotted}", 0) for test in tests}
    first: dict[str, str] = {}
    for test in tests:
        first.setdefault(f"{test.module}.{test.class_name}", test.dotted)
    for name, dotted in first.items():
        module = name.partition(".")[0]
        seconds[f"{module}.{dotted}"] += outcome.seconds.get(f"{name}.setUpClass", 0)
    SECONDS.write_text(json.dumps(seconds, indent=0, sort_keys=True))


# --- one database


def _run_lane(template: str, tests: list[selection.OdooTest], log: Path) -> Outcome:
    database = postgres.database_name(log.stem.replace("-", "_"))
    odoo.clone(template, database)
    failure = None
    try:
        odoo.run(
            ["--test-tags", ",".join(_tags(tests)), "--stop-after-init", "--max-cron-threads", "0"]
            + ["--http-port", str(server.free_port()), "--screenshots", str(paths.LOG / "screenshots")]
            + ["--log-handler", "odoo.tests.stats:DEBUG"],
            database=database,
            log=log,
            failure="the Odoo tests ended with an error",
        )
    except console.Failure as error:
        failure = str(error)
    outcome = read_log(log.read_text(errors="replace"))
    if failure and not outcome.failed:
        outcome.add(failure)
    if not outcome.failed:
        odoo.drop(database)
    return outcome


def _tags(tests: list[selection.OdooTest]) -> Iterator[str]:
    """Odoo's --test-tags for exactly these tests."""
    everything = Counter((test.module, test.file, test.class_name) for test in selection.odoo_tests())
    wanted = Counter((test.module, test.file, test.class_name) for test in tests)
    whole = {key for key, number in wanted.items() if everything[key] == number}
    files_in_part = {key[:2] for key in everything if key not in whole}
    for module, file in dict.fromkeys(key[:2] for key in wanted):
        path = f"/{module}/tests/{file}.py"
        if (module, file) not in files_in_part:
            yield path
            continue
        yield from (f"{path}:{name}" for key_module, key_file, name in wanted if (key_module, key_file, name) in whole)
        for test in tests:
            if (test.module, test.file) == (module, file) and (module, file, test.class_name) not in whole:
                yield f"{path}:{test.dotted}"


def read_log(log: str) -> Outcome:
    """What the log of a test run says.

    :param log: its text
    :return: `Outcome`; its `started` are the tests that ran, its `browsers` the files that started one
    """
    outcome = Outcome()
    result = None
    for result in _RESULT.finditer(log):  # noqa: B007 - the last one counts all
        pass
    if result is None:  # Odoo ended before its tests did
        return outcome
    failures, errors, ran = map(int, result.groups())
    skipped = 0
    for line in _LINE.finditer(log):
        logger, text = line["logger"], line["text"]
        file = _TEST_FILE.match(logger)
        if file and (starting := _STARTING.match(text)):
            outcome.started.append((file[1], file[2], starting[1]))
        elif file and text.startswith("Chrome pid"):
            outcome.browsers.add((file[1], file[2]))
        elif file and text.startswith("skipped "):
            skipped += 1
            outcome.add(f"{text} (a skipped test counts as failed)")
        elif file and re.match(r"(FAIL|ERROR): ", text):
            outcome.problems.append(f"{file[1]}: {text}")
        elif problem := _complaint(line):
            outcome.add(problem)
    outcome.failed += failures + errors
    outcome.passed = ran - failures - errors - skipped
    for module, class_name, method, seconds in _SECONDS.findall(log):
        if 0 <= float(seconds) < _LONGEST_SECONDS:  # what stops or moves the clock cannot be measured by it
            outcome.seconds[f"{module}.{class_name}.{method}"] = float(seconds)
    return outcome


def _complaint(line: re.Match[str]) -> str | None:
    """What a line of a log complains of, if it is about our modules and not to be expected."""
    logger, text = line["logger"], line["text"]
    if line["level"] not in ("WARNING", "ERROR", "CRITICAL") or logger == "odoo.tests.result":
        return None
    said = _OWN_PATH.sub("", f"{logger}: {text}")
    if not _OURS.search(said) or any(re.search(pattern, said) for pattern in IGNORED_LOG_LINES):
        return None
    return f"{line['level']} in the log: {logger}: {text[:300]}"


# --- checks over all


def not_once(tests: list[selection.OdooTest], started: list[TestName]) -> Iterator[str]:
    """Tests that ran more than once, or not at all."""
    wanted = {(test.module, test.file, test.dotted) for test in tests}
    times_of = Counter(started)
    for module, file, name in sorted(wanted | times_of.keys()):
        times = times_of[module, file, name]
        if times != 1 and started:
            how = f"ran {times} times" if times else "did not run: is its file imported in tests/__init__.py?"
            yield f"{module}/tests/{file}.py: {name} {how}"


def _files_without_tests(parts: list[Outcome]) -> Iterator[str]:
    started = {one[:2] for part in parts for one in part.started}
    browsers = set().union(*(part.browsers for part in parts))
    for module, file in selection.test_files():
        if (module, file) not in started:
            yield f"{module}/tests/{file}.py ran no test: import it in tests/__init__.py"
        elif selection.drives_a_browser(module, file) and (module, file) not in browsers:
            yield f"{module}/tests/{file}.py has browser tests, but no browser was started for them"


def _warnings_of_installing() -> Iterator[str]:
    """What Odoo complained of when it installed our modules into the database that the tests began with."""
    for purpose in ("template", "tested"):
        log = paths.LOG / f"install-{postgres.database_name(purpose)}_building.log"
        if log.exists():
            yield from filter(None, map(_complaint, _LINE.finditer(log.read_text(errors="replace"))))
