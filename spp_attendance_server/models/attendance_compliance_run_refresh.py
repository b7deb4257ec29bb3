# Part of the SPP attendance suite. LGPL-3.
"""Servers are asked at night too, so that what they corrected after a decision is noticed."""

from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

#: So long after its last day a cycle is still kept fresh.
_LATE_DATA = timedelta(days=30)


class AttendanceComplianceRun(models.Model):
    """Keeping the ledger of running cycles fresh: runs that fetch and decide nothing."""

    _inherit = "spp.attendance.compliance.run"

    @api.model
    def _cron_refresh(self):
        """At night, ask the servers about the people of cycles that have begun, and for a month after their last day.

        No server can be asked for changes only: neither generation says when an attendance was changed or deleted. So the
        whole window is asked about, as a filter does; an answer that is byte for byte the last one to that question is not
        read.
        """
        cycles = (
            self.env["spp.cycle"]
            .search(Domain("attendance_required", "=", True) & Domain("state", "!=", "cancelled"))
            .filtered(
                lambda cycle: (
                    cycle._attendance_window()[0]
                    <= cycle._attendance_today()
                    <= cycle._attendance_window()[1] + _LATE_DATA
                )
            )
        )
        fetching = self.search([("state", "=", "fetching")]).cycle_id
        for cycle in cycles - fetching:
            run = self.create(
                {
                    "cycle_id": cycle.id,
                    "criteria": cycle._attendance_criteria(),
                    "is_refresh": True,
                    "state": "fetched",
                }
            )
            if not run._servers():
                run.unlink()
                continue
            run._start()
            self._forget_refreshes(run)

    @api.model
    def _forget_refreshes(self, latest):
        """Of the refreshes of a cycle the last two stay: their answers tell whether anything changed."""
        self.search(
            [("cycle_id", "=", latest.cycle_id.id), ("is_refresh", "=", True), ("id", "!=", latest.id)], offset=1
        ).unlink()
