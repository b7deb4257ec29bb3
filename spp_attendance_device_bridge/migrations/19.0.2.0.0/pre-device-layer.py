# Part of the SPP attendance suite. LGPL-3.
"""What a terminal speaks is called its protocol."""

from odoo.tools.sql import column_exists, rename_column


def migrate(cr, version):
    if column_exists(cr, "spp_attendance_device", "dialect"):
        rename_column(cr, "spp_attendance_device", "dialect", "protocol")
