# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench NAME [--scans N | --marks N | --members N | --people N | --entitlements N] [--json]`: run a workload and print its figures. Without a name it lists the workloads.

Figures are ratios measured in one run, because machines differ and are noisy.
"""

import argparse
import json

from bench import close, compliance, fetch, ingest, late, roster
from tools import console, odoo, postgres, server

#: Name of a workload -> module with `run(running_server, **options)` that returns a dict of figures, and a docstring.
WORKLOADS = {
    "ingest": ingest,
    "late": late,
    "roster": roster,
    "compliance": compliance,
    "fetch": fetch,
    "close": close,
}
#: Name of an option that says how much there is -> (the workload it belongs to, the smallest number, the usual one).
_SIZES = {
    "scans": ("late", late.FEWEST_SCANS, late.SCANS),
    "marks": ("roster", roster.FEWEST_MARKS, roster.MARKS),
    "members": ("compliance", compliance.FEWEST_MEMBERS, compliance.MEMBERS),
    "people": ("fetch", fetch.FEWEST_PEOPLE, fetch.PEOPLE),
    "entitlements": ("close", close.FEWEST_ENTITLEMENTS, close.ENTITLEMENTS),
}


def main():
    parser = argparse.ArgumentParser(prog="./spp bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", nargs="?", choices=WORKLOADS, help="the workload; without one they are listed")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    for size, (name, _fewest, usual) in _SIZES.items():
        parser.add_argument(
            f"--{size}", type=int, metavar="N", help=f"of the workload {name}: {size} instead of {usual:,}"
        )
    options = parser.parse_args()
    asked = {size: getattr(options, size) for size in _SIZES if getattr(options, size) is not None}
    for size, number in asked.items():
        name, fewest, _usual = _SIZES[size]
        if options.name != name or number < fewest:
            parser.error(f"--{size} belongs to the workload {name}, which needs {fewest} of them")
    if not options.name:
        for name, workload in WORKLOADS.items():
            print(f"{name:<10} {(workload.__doc__ or '').splitlines()[0]}")
        return
    figures = _run(WORKLOADS[options.name], asked)
    for key, value in figures.items():
        print(f"{key:<44} {value:>12,}")
    if options.json:
        print(json.dumps(figures), flush=True)


def _run(workload, options):
    database = postgres.database_name(f"bench_{workload.__name__.rpartition('.')[2]}")
    template = odoo.template_database()
    with console.step("Creating the database"):
        odoo.clone(template, database)
    try:
        # no scheduled action runs meanwhile, only what is measured
        with server.Server(database, workers=2, cron_workers=0) as running:
            return workload.run(running, **options)
    finally:
        odoo.drop(database)


if __name__ == "__main__":
    console.main(main)
