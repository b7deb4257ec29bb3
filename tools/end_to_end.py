# Part of the SPP attendance suite. LGPL-3.
"""The end-to-end tests in tests/: pytest in two processes, each with the servers of the tests that it was given."""

import json
import os
import subprocess
import xml.etree.ElementTree as ET

from tools import console, odoo, paths, postgres, selection
from tools.outcome import Outcome

WORKERS = 2
REPORT = paths.LOG / "pytest.xml"
SECONDS = paths.RUN / "e2e-test-seconds.json"


def run(tests: list[selection.EndToEndTest] | None = None, expression: str | None = None) -> Outcome:
    """Run pytest on tests/.

    The tests find PostgreSQL through PGHOST and so on, and a database with all our modules, which they may read but
    not change, through SPP_TEST_DB; to change one they take a copy with `tools.odoo.clone`.

    :param tests: list of `selection.EndToEndTest`; all when empty
    :param expression: what to select instead, in the syntax of pytest's -k
    :return: `Outcome`
    :raise Failure: when the database cannot be made
    """
    REPORT.unlink(missing_ok=True)
    env = {**os.environ, **postgres.environment(), "SPP_TEST_SECONDS": str(SECONDS)}
    env.setdefault("SPP_TEST_DB", odoo.template_database())
    command = [str(paths.PYTHON), "-P", "-m", "pytest", f"--junitxml={REPORT}", "-o", "junit_family=xunit2"]
    if expression:
        command += ["-k", expression]
    elif tests:
        command += sorted({f"tests/{test.file}.py::{test.function}" for test in tests})
    else:
        command += ["--numprocesses", str(WORKERS), "--dist", "loadscope", "--no-loadscope-reorder"]
    code = subprocess.call(command, cwd=paths.ROOT, env=env)
    outcome = _read_report(code)
    if not tests and not expression:
        SECONDS.write_text(json.dumps(outcome.seconds, indent=0, sort_keys=True))
    return outcome


def _read_report(code: int) -> Outcome:
    outcome = Outcome(log=console.shown(REPORT))
    if not REPORT.exists():
        outcome.add("pytest ended before its tests did")
        return outcome
    for case in ET.parse(REPORT).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        outcome.seconds[name] = float(case.get("time") or 0)
        if case.find("skipped") is not None:
            outcome.add(f"{name}: skipped (a skipped test counts as failed)")
        elif case.find("failure") is not None or case.find("error") is not None:
            outcome.failed += 1  # pytest has said which
        else:
            outcome.passed += 1
    if code not in (0, 5) and not outcome.failed:
        outcome.add(f"pytest ended with code {code}")
    return outcome
