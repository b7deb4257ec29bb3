# Part of the SPP attendance suite. LGPL-3.
"""Letters to a whole cycle are printed in sets, with a page of its own for each."""

from lxml import etree, html

from odoo import models
from odoo.tools import split_every
from odoo.tools.pdf import merge_pdf

from odoo.addons.base.models.ir_actions_report import _wkhtml

#: Reports that are printed for many people at once.
LETTERS = (
    "spp_attendance_compliance.report_attendance_letter",
    "spp_attendance_compliance.report_attendance_notice",
)
#: So many letters are one document for wkhtmltopdf.
LETTERS_PER_DOCUMENT = 200


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    def _run_wkhtmltopdf(self, bodies, *args, **kwargs):
        """Print letters some hundred at a time: starting wkhtmltopdf takes much longer than laying a letter out.

        With patches it takes many documents at a time. The one that distributions ship takes one, so the letters become its
        pages.
        """
        report_ref = kwargs.get("report_ref") or (args[0] if args else False)
        bodies = list(bodies)
        if len(bodies) == 1 or self._get_report(report_ref).report_name not in LETTERS:
            return super()._run_wkhtmltopdf(bodies, *args, **kwargs)
        run = super()._run_wkhtmltopdf
        join = list if _wkhtml().is_patched_qt else self._joined_letters
        parts = [run(join(some), *args, **kwargs) for some in split_every(LETTERS_PER_DOCUMENT, bodies)]
        return merge_pdf(parts) if len(parts) > 1 else parts[0]

    def _joined_letters(self, bodies):
        """Several documents as one, each of which begins on a page of its own.

        :param bodies: iterable of HTML documents with the same head
        :return: list of one HTML document
        """
        documents = [html.fromstring(body) for body in bodies]
        first = documents[0].find("body")
        for document in documents[1:]:
            letter = etree.SubElement(first, "div", style="page-break-before: always")
            body = document.find("body")
            letter.text = body.text
            letter.extend(list(body))
        return ["<!DOCTYPE html>" + html.tostring(documents[0], encoding="unicode")]
