# Part of the SPP attendance suite. LGPL-3.
from odoo import api, models


class ReportAttendanceLetter(models.AbstractModel):
    """What each letter shows; the number of queries does not depend on how many are printed."""

    _name = "report.spp_attendance_compliance.report_attendance_letter"
    _description = "Attendance Letter"

    @api.model
    def _get_report_values(self, docids, data=None):
        decisions = self.env["spp.attendance.decision"].browse(docids)
        assessments = decisions.assessment_ids
        events = {**decisions._events(), **assessments._events()}
        return {
            "doc_ids": docids,
            "doc_model": decisions._name,
            "docs": decisions,
            # groups are told about each member, individuals about themselves
            "findings": lambda decision: decision.assessment_ids or decision,
            "events": lambda finding: events[self._key(events, finding)],
        }

    @api.model
    def _key(self, events, finding):
        """The finding as it was when the events were read; the letter may ask in another language."""
        return finding.with_env(next(iter(events)).env)
