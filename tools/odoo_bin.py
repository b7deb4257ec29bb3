# Part of the SPP attendance suite. LGPL-3.
"""Odoo's command line as a file: a server with workers starts itself again under this path for its websockets."""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
