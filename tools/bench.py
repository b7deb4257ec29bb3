# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench NAME [--marks N] [--json]`: run a workload and print its figures. Without a name it lists the workloads.

Figures are ratios measured in one run, because machines differ and are noisy.
"""

import argparse
import json

from tools import bench_ingest, bench_roster, console, odoo, postgres, server

#: Name of a workload -> module with `run(running_server, **options)` that returns a dict of figures, and a docstring.
WORKLOADS = {"ingest": bench_ingest, "roster": bench_roster}


def main():
    parser = argparse.ArgumentParser(prog="./spp bench", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=WORKLOADS, help="the workload; without one they are listed")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    parser.add_argument("--marks", type=int, metavar="N", help="of the workload roster: marks instead of 1,000,000")
    options = parser.parse_args()
    if options.marks is not None and (options.name != "roster" or options.marks < bench_roster.FEWEST_MARKS):
        parser.error(f"--marks belongs to the workload roster, which needs {bench_roster.FEWEST_MARKS} of them")
    if not options.name:
        for name, workload in WORKLOADS.items():
            print(f"{name:<10} {workload.__doc__.splitlines()[0]}")
        return
    figures = _run(WORKLOADS[options.name], {"marks": options.marks} if options.marks else {})
    for key, value in figures.items():
        print(f"{key:<36} {value:>12,}")
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
