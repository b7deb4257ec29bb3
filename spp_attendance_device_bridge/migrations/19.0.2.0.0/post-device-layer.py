# Part of the SPP attendance suite. LGPL-3.
"""What only ZKTeco terminals have moves to their options; the columns go with their fields at the end of the update."""

import logging

from odoo.tools.sql import column_exists

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    if not column_exists(cr, "spp_attendance_device", "attlog_stamp"):
        return
    cr.execute(
        """
        INSERT INTO spp_attendance_device_iclock (
            device_id, zone_format, attlog_stamp, create_uid, create_date, write_uid, write_date
        )
        SELECT id, zone_format, attlog_stamp, create_uid, create_date, write_uid, write_date
          FROM spp_attendance_device
         WHERE protocol = 'zkteco_push'
   ON CONFLICT (device_id) DO UPDATE SET zone_format = EXCLUDED.zone_format, attlog_stamp = EXCLUDED.attlog_stamp
        """
    )
    _logger.info("%s terminals have ZKTeco options of their own", cr.rowcount)
