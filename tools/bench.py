# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench NAME [--marks N | --members N | --people N | --entitlements N] [--json]`: run a workload and print its figures. Without a name it lists the workloads.

Figures are ratios measured in one run, because machines differ and are noisy.
"""

import argparse
import json

from tools import (
    bench_close,
    bench_compliance,
    bench_fetch,
    bench_ingest,
    bench_roster,
    console,
    odoo,
    postgres,
    server,
)

#: Name of a workload -> module with `run(running_server, **options)` that returns a dict of figures, and a docstring.
WORKLOADS = {
    "ingest": bench_ingest,
    "roster": bench_roster,
    "compliance": bench_compliance,
    "fetch": bench_fetch,
    "close": bench_close,
}
#: Name of an option that says how much there is -> (the workload it belongs to, the smallest number, the usual one).
_SIZES = {
    "marks": ("roster", bench_roster.FEWEST_MARKS, bench_roster.MARKS),
    "members": ("compliance", bench_compliance.FEWEST_MEMBERS, bench_compliance.MEMBERS),
    "people": ("fetch", bench_fetch.FEWEST_PEOPLE, bench_fetch.PEOPLE),
    "entitlements": ("close", bench_close.FEWEST_ENTITLEMENTS, bench_close.ENTITLEMENTS),
}


def main():
    parser = argparse.ArgumentParser(prog="./spp bench", description=__doc__.splitlines()[0])
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
            print(f"{name:<10} {workload.__doc__.splitlines()[0]}")
        return
    figures = _run(WORKLOADS[options.name], asked)
    for key, value in figures.items():
        print(f"{key:<44} {value:>12,}")
    if options.json:
        print(json.dumps(figures), flush=True)


def _run(workload, options):
    database = postgres.database_name("bench")
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
