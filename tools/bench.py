# Part of the SPP attendance suite. LGPL-3.
"""`./spp bench NAME [--json]`: run a workload and print its figures. Without a name it lists the workloads.

Figures are ratios measured in one run, because machines differ and are noisy.
"""

import argparse
import json

from tools import bench_ingest, console, odoo, postgres, server

#: Name of a workload -> module with `run(running_server)` that returns a dict of figures, and a docstring.
WORKLOADS = {"ingest": bench_ingest}


def main():
    parser = argparse.ArgumentParser(prog="./spp bench", description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=WORKLOADS, help="the workload; without one they are listed")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object on the last line")
    options = parser.parse_args()
    if not options.name:
        for name, workload in WORKLOADS.items():
            print(f"{name:<10} {workload.__doc__.splitlines()[0]}")
        return
    figures = _run(WORKLOADS[options.name])
    for key, value in figures.items():
        print(f"{key:<36} {value:>12,}")
    if options.json:
        print(json.dumps(figures), flush=True)


def _run(workload):
    database = postgres.database_name("bench")
    template = odoo.template_database()
    with console.step("Creating the database"):
        odoo.clone(template, database)
    try:
        # no scheduled action runs meanwhile, only what is measured
        with server.Server(database, workers=2, cron_workers=0) as running:
            return workload.run(running)
    finally:
        odoo.drop(database)


if __name__ == "__main__":
    console.main(main)
