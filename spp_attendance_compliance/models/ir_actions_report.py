# Part of the SPP attendance suite. LGPL-3.
from odoo import models
from odoo.tools.pdf import merge_pdf

from odoo.addons.base.models.ir_actions_report import _wkhtml

LETTER = "spp_attendance_compliance.report_attendance_letter"


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _run_wkhtmltopdf(self, bodies, *args, **kwargs):
        """Distributions ship a wkhtmltopdf that takes one document at a time: letters are then joined here."""
        report_ref = kwargs.get("report_ref") or (args[0] if args else False)
        if len(bodies) > 1 and not _wkhtml().is_patched_qt and self._get_report(report_ref).report_name == LETTER:
            run = super()._run_wkhtmltopdf
            return merge_pdf([run([body], *args, **kwargs) for body in bodies])
        return super()._run_wkhtmltopdf(bodies, *args, **kwargs)
