# Part of the SPP attendance suite. LGPL-3.
"""`./spp test`: Odoo's tests of all our modules in a fresh database, then the end-to-end tests in tests/."""

import argparse
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field

from tools import apt, console, odoo, paths, postgres, server

ODOO_LOG = paths.LOG / "odoo-tests.log"
PYTEST_REPORT = paths.LOG / "pytest.xml"

# Lines that may be in the log of a good run: pattern and why.
IGNORED_LOG_LINES = {
    r"Error received after termination": "the page was still loading when its test had already succeeded",
}

_LINE = re.compile(r"^\d{4}-\S+ \S+ \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[^:]+): (?P<text>.*)$", re.MULTILINE)
_RESULT = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests when loading")
_TEST_FILE = re.compile(r"odoo\.addons\.(\w+)\.tests\.(\w+)")
_OURS = re.compile(r"\bspp[._]\w")
_OWN_PATH = re.compile(r"\S*/\.spp/\S*")
_BROWSER_CALL = re.compile(r"\b(?:start_tour|browser_js)\(")


@dataclass
class Outcome:
    """What a part of the tests came to."""

    passed: int = 0
    failed: int = 0
    problems: list = field(default_factory=list)

    def add(self, problem):
        self.failed += 1
        self.problems.append(problem)


# --- Odoo's tests


def _odoo_tags(modules, expression):
    """Odoo's --test-tags for a class name, a method name, or tags in Odoo's own syntax."""
    if expression and expression.startswith(("/", ":", ".")):
        return expression
    part = "" if not expression else f":{expression}" if expression[0].isupper() else f".{expression}"
    return ",".join(f"/{module}{part}" for module in modules)


def _warm_up_browser():
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


def run_odoo_tests(expression=None):
    """Install all our modules into a fresh database and run their tests.

    :param expression: name of a test class or method, or Odoo's --test-tags; everything when empty
    """
    modules = paths.FOUNDATION + paths.ADDONS
    database = postgres.database_name("test_odoo")
    odoo.clone(odoo.external_template(), database)
    _warm_up_browser()

    def running():
        found = console.last_match(ODOO_LOG, r"odoo\.addons\.(\w+)\.tests\S+: Starting (\S+)|Loading module (\w+)")
        return " ".join(filter(None, found.groups())) if found else ""

    failure = None
    with console.step(f"Odoo tests of {len(modules)} modules", running):
        try:
            odoo.run(
                ["-i", ",".join(modules + paths.TEST_ADDONS), "--test-tags", _odoo_tags(modules, expression)]
                + ["--stop-after-init", "--http-port", str(server.free_port()), "--max-cron-threads", "0"]
                + ["--screenshots", str(paths.LOG / "screenshots")],
                database=database,
                log=ODOO_LOG,
                failure="the Odoo tests ended with an error",
            )
        except console.Failure as error:
            failure = str(error)
    outcome = read_odoo_log(ODOO_LOG.read_text(errors="replace"), complete=not expression)
    if failure and not outcome.failed:
        outcome.add(failure)
    if not outcome.failed:
        odoo.drop(database)
    return outcome


def read_odoo_log(log, complete):
    """What the log of a test run says.

    :param log: its text
    :param complete: whether all tests were wanted, so that each test file must have run
    """
    outcome = Outcome()
    result = None
    for result in _RESULT.finditer(log):  # noqa: B007 - the last one counts all
        pass
    if result is None:  # Odoo ended before its tests did
        return outcome
    failures, errors, ran = map(int, result.groups())
    skipped, started, browsers = 0, set(), set()
    for line in _LINE.finditer(log):
        level, logger, text = line["level"], line["logger"], line["text"]
        file = _TEST_FILE.match(logger)
        if file and text.startswith("Starting "):
            started.add(file.groups())
        elif file and text.startswith("Chrome pid"):
            browsers.add(file.groups())
        elif file and text.startswith("skipped "):
            skipped += 1
            outcome.add(f"{text} (a skipped test counts as failed)")
        elif file and re.match(r"(FAIL|ERROR): ", text):
            outcome.problems.append(f"{file[1]}: {text}")
        elif (
            level in ("WARNING", "ERROR", "CRITICAL")
            and logger != "odoo.tests.result"
            and _is_about_us(f"{logger}: {text}")
        ):
            outcome.add(f"{level} in the log: {logger}: {text[:300]}")
    outcome.failed += failures + errors
    outcome.passed = ran - failures - errors - skipped
    if complete:
        for problem in _files_without_tests(started, browsers):
            outcome.add(problem)
    return outcome


def _is_about_us(text):
    text = _OWN_PATH.sub("", text)
    return bool(_OURS.search(text)) and not any(re.search(pattern, text) for pattern in IGNORED_LOG_LINES)


def _files_without_tests(started, browsers):
    for module in paths.FOUNDATION + paths.ADDONS:
        for path in sorted(paths.addon_dir(module).glob("tests/test_*.py")):
            here = (module, path.stem)
            if here not in started:
                yield f"{path.relative_to(paths.ROOT)} ran no test: import it in tests/__init__.py"
            elif here not in browsers and _BROWSER_CALL.search(path.read_text()):
                yield f"{path.relative_to(paths.ROOT)} has browser tests, but no browser was started for them"


# --- end-to-end tests


def run_end_to_end_tests(expression=None):
    """Run pytest on tests/.

    The tests find PostgreSQL through PGHOST and so on, and a database with all our modules, which they may read but
    not change, through SPP_TEST_DB; to change one they take a copy with `tools.odoo.clone`.

    :param expression: what to select, in the syntax of pytest's -k
    """
    PYTEST_REPORT.unlink(missing_ok=True)
    outcome = Outcome()
    env = {**os.environ, **postgres.environment()}
    try:
        env.setdefault("SPP_TEST_DB", odoo.template_database())
    except console.Failure as failure:
        outcome.add(str(failure))
        return outcome
    command = [str(paths.PYTHON), "-P", "-m", "pytest", f"--junitxml={PYTEST_REPORT}", "-o", "junit_family=xunit2"]
    code = subprocess.call(command + (["-k", expression] if expression else []), cwd=paths.ROOT, env=env)
    if not PYTEST_REPORT.exists():
        outcome.add("pytest ended before its tests did")
        return outcome
    for case in ET.parse(PYTEST_REPORT).iter("testcase"):
        if case.find("skipped") is not None:
            outcome.add(f"{case.get('classname')}.{case.get('name')}: skipped (a skipped test counts as failed)")
        elif case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1  # pytest has said which
        else:
            outcome.passed += 1
    if code not in (0, 5) and not outcome.failed:
        outcome.add(f"pytest ended with code {code}")
    return outcome


def main():
    parser = argparse.ArgumentParser(prog="./spp test", description=__doc__)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--odoo", action="store_true", help="only the tests of the modules")
    only.add_argument("--e2e", action="store_true", help="only the end-to-end tests")
    parser.add_argument("-k", metavar="EXPR", help="only what matches: a test class or method, or pytest's -k")
    options = parser.parse_args()
    outcomes = []
    if not options.e2e:
        outcomes.append(("Odoo tests", run_odoo_tests(options.k), ODOO_LOG))
    if not options.odoo:
        outcomes.append(("end-to-end tests", run_end_to_end_tests(options.k), PYTEST_REPORT))
    if not server.background():
        postgres.stop_if_idle()
    for title, outcome, log in outcomes:
        if not outcome.passed + outcome.failed and not (options.k and len(outcomes) > 1):
            outcome.add("no test ran")
        print(f"\n{title}: {outcome.passed} passed, {outcome.failed} failed (log: {console.shown(log)})")
        for problem in outcome.problems:
            print(f"  {problem}")
    passed = sum(outcome.passed for _title, outcome, _log in outcomes)
    failed = sum(outcome.failed for _title, outcome, _log in outcomes)
    if not passed + failed:
        failed = 1
        print("No test matches.")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    console.main(main)
