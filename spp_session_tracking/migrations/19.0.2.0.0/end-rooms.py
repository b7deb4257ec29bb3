# Part of the SPP attendance suite. LGPL-3.
"""What administrators changed in data of parts that became addons of their own stays changed."""

from odoo.addons.spp_integrity.rehome import restore


def migrate(cr, version):
    restore(cr)
