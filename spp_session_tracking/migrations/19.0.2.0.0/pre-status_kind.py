# Part of the SPP attendance suite. LGPL-3.
"""Statuses get the kind that their code stood for; nothing relied on the code of any other one."""


def migrate(cr, version):
    cr.execute("ALTER TABLE spp_attendance_status ADD COLUMN IF NOT EXISTS kind varchar")
    cr.execute(
        """
        UPDATE spp_attendance_status
           SET kind = CASE WHEN code IN ('present', 'late', 'partial', 'absent', 'excused', 'medical', 'on_hold')
                           THEN code ELSE 'other' END
         WHERE kind IS NULL
        """
    )
    # no view of the database any more: the view of facts may be made anew without it
    cr.execute("DROP VIEW IF EXISTS spp_attendance_late_counter")
