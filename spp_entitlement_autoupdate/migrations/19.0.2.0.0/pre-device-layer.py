# Part of the SPP attendance suite. LGPL-3.
"""Devices of service points have the states of all devices: approved ones are active."""

import logging

from odoo.tools.sql import column_exists, rename_column

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    if column_exists(cr, "spp_service_point_device", "last_seen_at"):
        rename_column(cr, "spp_service_point_device", "last_seen_at", "last_seen")
    cr.execute("UPDATE spp_service_point_device SET state = 'active' WHERE state = 'approved'")
    _logger.info("%s devices of service points are active", cr.rowcount)
