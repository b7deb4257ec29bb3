# Part of the SPP attendance suite. LGPL-3.
"""Runs of versions that knew fewer requirements say what they did not ask for, so that they can be read and checked."""

import json

#: What a requirement means that does not say it: everything counts, as the register says.
NOT_ASKED_FOR = {
    **{"types": [], "locations": [], "sources": [], "roles": []},
    **{"excused": "register", "prorate": False, "combination": "all"},
    **{"group_rule": "all", "group_count": 1, "group_percentage": 100, "age_from": 0, "age_to": 0},
}


def migrate(cr, version):
    """Add what is missing; what a run says stays as it is."""
    cr.execute(
        """UPDATE spp_attendance_compliance_run
              SET criteria = %s::jsonb || criteria::jsonb
            WHERE jsonb_typeof(criteria::jsonb) = 'object' AND NOT criteria::jsonb ?& %s""",
        [json.dumps(NOT_ASKED_FOR), list(NOT_ASKED_FOR)],
    )
