# Part of the SPP attendance suite. LGPL-3.
"""`./spp shell`: a Python prompt with `env`, on the demo database. Nothing is kept before `env.cr.commit()`."""

import os
import sys

from tools import console, odoo, server


def main() -> None:
    database = odoo.demo_database()
    server.ensure_database(database)
    command = odoo.command(["--no-http", *sys.argv[1:]], database, subcommand="shell")
    os.execve(command[0], command, odoo.environment())


if __name__ == "__main__":
    console.main(main)
