# Part of the SPP attendance suite. LGPL-3.
"""`./spp demo`: run the main job on a scenario, print the figures, leave the web UI running."""

import argparse
import json

from demo import scenario
from demo.main_job import USERS, MainJob
from tools import console, odoo, paths, postgres, server
from tools.rpc import RpcError
from tools.stamps import fingerprint

_LABELS = {
    "scans": "scans in the cycle",
    "enrolled": "people enrolled (terminal and PIN)",
    "unmatched_scans": "scans of people not enrolled there, for review",
    "sessions": "sessions",
    "rows": "attendance marks",
    "present": "  present",
    "late": "  late",
    "absent": "  absent",
    "compliant": "compliant members",
    "entitled_amount": "entitled amount",
    "redeemed": "entitlements redeemed in full",
    "partially_redeemed": "entitlements redeemed in part",
    "unredeemed": "entitlements not redeemed",
    "cycle_state": "state of the cycles",
    "new_after_replay": "scans stored by posting the same log again",
}


def main():
    parser = argparse.ArgumentParser(prog="./spp demo", description=__doc__)
    parser.add_argument(
        "--scenario", default=scenario.DEFAULT, help="TOML file (default: October 2025 of the real log)"
    )
    parser.add_argument("--once", action="store_true", help="end after printing, leave nothing running")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    parser.add_argument("--port", type=int, help="TCP port of the web UI (default: 8069, or a free one if it is taken)")
    options = parser.parse_args()
    chosen = scenario.load(options.scenario)
    template = odoo.template_database()
    try:
        if options.once:
            figures = _run_once(chosen, template)
        else:
            figures, running = _run_and_stay(chosen, template, options.port)
    except RpcError as error:
        log = console.shown(paths.LOG)
        raise console.Failure(f"the server refused a step ({error}): look at its log in {log}.") from error
    _print_figures(chosen, figures)
    if not options.once:
        _print_address(running)
    if options.json:
        print(json.dumps(figures), flush=True)


def _run_once(chosen, template):
    database = postgres.database_name(f"once_{fingerprint(chosen)}")
    with console.step("Creating the database"):
        odoo.clone(template, database)
        odoo.hold_schedule(database)
    try:
        with server.Server(database, durable=False) as running:
            return MainJob(chosen, running).run()
    finally:
        odoo.drop(database)


def _run_and_stay(chosen, template, port):
    server.stop_web_ui()
    database = odoo.demo_database()
    with console.step("Creating the demo database"):
        odoo.clone(template, database)
        odoo.hold_schedule(database, "2 hours")  # a month that is over would end before it is redeemed
    running = server.start_background(database, port)
    return MainJob(chosen, running).run(), running


def _print_figures(chosen, figures):
    print(f"\n{chosen.title}, {len(chosen.terminals)} terminals")
    for key, label in _LABELS.items():
        value = figures[key]
        shown = f"{value:,}" if isinstance(value, int | float) else value
        if key == "entitled_amount":
            shown = f"{shown} {chosen.currency}"
        if key == "compliant":
            shown += " (" + ", ".join(f"{serial}: {n}" for serial, n in figures["compliant_by_terminal"].items()) + ")"
        print(f"  {label:<50} {shown}")


def _print_address(running):
    print(f"\nThe web UI is at {running.url}")
    for login, (name, _start, _groups) in USERS.items():
        print(f"  sign in as {login:<8} password {login:<8} ({name})")
    print("  ./spp serve --stop stops it, ./spp serve starts it again with the same data.", flush=True)


if __name__ == "__main__":
    console.main(main)
