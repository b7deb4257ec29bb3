# Part of the SPP attendance suite. LGPL-3.
"""`./spp test`: Odoo's tests of all our modules, two databases at a time, then the end-to-end tests in two processes."""

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from tools import conditions, console, end_to_end, odoo_tests, postgres, selection, server
from tools.outcome import Outcome

_SLOWEST = 15


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./spp test", description=__doc__)
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--odoo", action="store_true", help="only the tests of the modules")
    only.add_argument("--e2e", action="store_true", help="only the end-to-end tests")
    parser.add_argument(
        "-k",
        metavar="EXPR",
        help="only what matches: names of addons, files, classes or tests, or parts of them, joined by and, or, not",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="with -k: install all modules anew, not only those whose data changed"
    )
    parser.add_argument("--busy", action="store_true", help="keep all cores busy with something else meanwhile")
    parser.add_argument("--date", metavar="MOMENT", help='as if it were another moment, such as "2028-02-29 10:00"')
    return parser.parse_args()


def _guarded(function: Callable[..., Outcome], *arguments: Any, **options: Any) -> Outcome:
    """The outcome of a part; what it could not do at all is a failure among others."""
    try:
        return function(*arguments, **options)
    except console.Failure as failure:
        outcome = Outcome()
        outcome.add(str(failure))
        return outcome


def _run(options: argparse.Namespace) -> Iterator[tuple[str, Outcome]]:
    """Pairs of a title and an outcome."""
    modules, servers = selection.odoo_tests(), selection.end_to_end_tests()
    complete = not options.k
    expression = None
    if options.k:
        known = bool(selection.select(servers, options.k))
        modules, servers = selection.select(modules, options.k), selection.select(servers, options.k)
        expression = (
            options.k if options.e2e and not known else None
        )  # may be the name of a parameter, as pytest knows it
    if not options.e2e and modules:
        fresh = complete or options.fresh
        yield "Odoo tests", _guarded(odoo_tests.run, modules, complete=complete, fresh=fresh)
    if not options.odoo and (servers or expression):
        yield "end-to-end tests", _guarded(end_to_end.run, None if complete else servers, expression)


def _print(outcomes: list[tuple[str, Outcome]]) -> None:
    for title, outcome in outcomes:
        print(f"\n{title}: {outcome.passed} passed, {outcome.failed} failed (log: {outcome.log})")
        for problem in outcome.problems:
            print(f"  {problem}")
    seconds = {name: spent for _title, outcome in outcomes for name, spent in outcome.seconds.items()}
    if len(seconds) > _SLOWEST:
        print("\nSlowest tests, seconds:")
        for name in sorted(seconds, key=lambda name: -seconds[name])[:_SLOWEST]:
            print(f"{seconds[name]:7.1f}  {name}")
        print(f"{sum(seconds.values()):7.1f}  all, one after the other")


def main() -> int:
    options = _parse()
    started = time.monotonic()
    with ExitStack() as stack:
        if options.date:
            stack.enter_context(conditions.moved_to(options.date))
        if options.busy:
            stack.enter_context(conditions.busy())
        outcomes = list(_run(options))
    if not server.running_web_ui():
        postgres.stop_if_idle()
    _print(outcomes)
    passed = sum(outcome.passed for _title, outcome in outcomes)
    failed = sum(outcome.failed for _title, outcome in outcomes)
    if not passed + failed:
        failed = 1
        print("No test matches.")
    print(f"\n{passed} passed, {failed} failed in {time.monotonic() - started:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    console.main(main)
