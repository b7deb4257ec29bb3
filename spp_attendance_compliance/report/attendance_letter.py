# Part of the SPP attendance suite. LGPL-3.
"""Letters about decisions get the evidence of all of them at once."""

from odoo import api, models


class ReportAttendanceLetter(models.AbstractModel):
    """What each letter shows; the number of queries does not depend on how many are printed."""

    _name = "report.spp_attendance_compliance.report_attendance_letter"
    _description = "Attendance Letter"

    @api.model
    def _get_report_values(self, docids, data=None):
        decisions = self.env["spp.attendance.decision"].browse(docids)
        if run_id := (data or {}).get("run_id"):
            decisions = decisions.search([("run_id", "=", run_id)], order="partner_id, id")
        evidence = {}
        for lang, group in decisions.grouped(lambda decision: decision.partner_id.lang).items():
            group = group.with_context(lang=lang or self.env.lang)
            for findings in (group, group.assessment_ids):
                evidence |= {(finding._name, finding.id): lines for finding, lines in findings._evidence().items()}
        return {
            "doc_ids": decisions.ids,
            "doc_model": decisions._name,
            "docs": decisions,
            # groups are told about each member, individuals about themselves
            "findings": lambda decision: decision.assessment_ids or decision,
            "evidence": lambda finding: evidence[finding._name, finding.id],
        }
