# Part of the SPP attendance suite. LGPL-3.
"""The letter to a family: what it says, in which language, for how many at once, and who may print it."""

import io
from types import SimpleNamespace
from unittest.mock import patch

from lxml import html

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from odoo.addons.spp_integrity.tests.common import rewrite_history

from .common import AttendanceComplianceCase

REPORT = "spp_attendance_compliance.report_attendance_letter"


@tagged("post_install", "-at_install")
class TestLetter(AttendanceComplianceCase):
    def setUp(self):
        super().setUp()
        self.attend(self.people[0], 3)
        self.attend(self.people[0], 1, "excused", sessions=self.sessions[3:])
        self.sessions.action_submit()
        self.run_record = self.decide()
        self.run_record.action_apply()

    def letter(self, decisions):
        body = self.env["ir.actions.report"]._render_qweb_html(REPORT, decisions.ids)[0]
        return html.fromstring(body)

    def printing(self):
        """Tests get HTML instead of a PDF unless they ask for it."""
        return self.env["ir.actions.report"].with_context(force_report_rendering=True)

    def text(self, node):
        return " ".join(node.text_content().split())

    def test_requirement_sessions_result_and_how_to_object(self):
        decision = self.decision(self.run_record, self.people[0])
        page = self.letter(decision)
        text = self.text(page)
        for words in (
            "Person 1",
            "Attend and Receive",
            "October 2025",
            "at least 80 % of the expected sessions",
            "The requirement is not met.",
            "Attended 3 of 4 sessions (75.00 %); 80 % are required.",
            "If you do not agree",
            str(decision.id),
        ):
            self.assertIn(words, text)
        rows = [self.text(row) for row in page.findall(".//tbody/tr")]
        self.assertEqual(len(rows), 5)
        self.assertEqual(sum("attended, counts 1" in row for row in rows), 3)
        self.assertEqual(sum("excused, does not count" in row for row in rows), 1)
        self.assertEqual(sum("absent, counts 0" in row for row in rows), 1)

    def test_a_letter_for_everybody_in_a_run(self):
        page = self.letter(self.run_record.decision_ids)
        self.assertEqual(len(page.findall(".//div[@class='page']")), 5)

    def test_queries_do_not_grow_with_letters(self):
        counts = []
        for decisions in (self.run_record.decision_ids[:1], self.run_record.decision_ids):
            self.env.invalidate_all()
            report = self.env[f"report.{REPORT}"]
            before = self.cr.sql_log_count
            values = report._get_report_values(decisions.ids)
            for decision in values["docs"]:
                for finding in values["findings"](decision):
                    values["evidence"](finding)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_several_letters_where_wkhtmltopdf_takes_one_document(self):
        """Distributions build it without the patches that Odoo's own package has."""
        page = PdfFileWriter()
        page.addBlankPage(100, 100)
        with io.BytesIO() as buffer:
            page.write(buffer)
            pdf = buffer.getvalue()
        calls = []

        def run(report, bodies, *args, **kwargs):
            calls.append(list(bodies))
            return pdf

        bodies = [f"<html><head><meta charset='utf-8'/></head><body><p>Zoë {n}</p></body></html>" for n in range(5)]
        module = "odoo.addons.spp_attendance_compliance.models.decision.ir_actions_report"
        for is_patched, documents in ((False, [1, 1]), (True, [3, 2])):
            calls.clear()
            with (
                patch("odoo.addons.base.models.ir_actions_report.IrActionsReport._run_wkhtmltopdf", run),
                patch(f"{module}._wkhtml", lambda is_patched=is_patched: SimpleNamespace(is_patched_qt=is_patched)),
                patch(f"{module}.LETTERS_PER_DOCUMENT", 3),
            ):
                result = self.env["ir.actions.report"]._run_wkhtmltopdf(bodies, report_ref=REPORT)
            self.assertEqual([len(some) for some in calls], documents)
            everything = "".join(body for some in calls for body in some)
            self.assertEqual(everything.count("<p>Zoë"), 5)
            self.assertEqual(everything.count("page-break-before"), 0 if is_patched else 3)
            self.assertEqual(PdfFileReader(io.BytesIO(result)).getNumPages(), 2)

    def test_each_letter_begins_on_a_page_of_its_own(self):
        pdf = self.printing()._render_qweb_pdf(REPORT, self.run_record.decision_ids.ids)[0]
        pages = [" ".join(page.extract_text().split()) for page in PdfFileReader(io.BytesIO(pdf)).pages]
        self.assertEqual(len(pages), 5)
        for page, decision in zip(pages, self.run_record.decision_ids, strict=True):
            self.assertIn(decision.partner_id.name, page)
            self.assertIn(f"Please name this number: {decision.id}", page)

    def test_letters_of_a_whole_run_do_not_need_a_list_of_decisions(self):
        """An address with the numbers of some thousand decisions is too long for a web server."""
        action = self.run_record.action_print_letters()
        self.assertEqual(action["data"], {"run_id": self.run_record.id})
        pdf = self.printing()._render_qweb_pdf(REPORT, None, data=action["data"])[0]
        self.assertEqual(PdfFileReader(io.BytesIO(pdf)).getNumPages(), 5)

    def test_in_the_language_of_the_family(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["spp.attendance.status"]._by_code("present").with_context(lang="fr_FR").name = "Présente"
        self.people[0].lang = "fr_FR"
        text = self.text(self.letter(self.run_record.decision_ids))
        self.assertEqual(text.count("Présente"), 3)

    def test_roles(self):
        decision = self.decision(self.run_record, self.people[0])
        for records, method in ((decision, "action_print_letter"), (self.run_record, "action_print_letters")):
            with self.assertRaises(AccessError):
                self.rpc(self.viewer, records, method)
            action = self.rpc(self.officer, records, method)
            self.assertEqual(action["report_name"], REPORT)

    def test_the_person_s_page_says_why(self):
        person = self.people[0].with_user(self.viewer)
        self.assertEqual(person.attendance_decision_count, 1)
        action = person.action_view_attendance_decisions()
        found = self.env[action["res_model"]].with_user(self.viewer).search(action["domain"])
        self.assertEqual(found.explanation, "Attended 3 of 4 sessions (75.00 %); 80 % are required.")
        self.assertEqual(len(self.env["spp.event.attendance"].search(found.action_view_events()["domain"])), 5)
        self.assertEqual(person.attendance_standing_ids, found)
        later = self.decide()
        later.action_apply()
        self.env.invalidate_all()
        self.assertEqual(person.attendance_standing_ids.run_id, later, "the decision in force")
        self.assertEqual(len((self.people | self.people[0]).mapped("attendance_standing_ids")), 5)

    def test_one_is_not_spoken_of_like_many(self):
        decision = self.decision(self.run_record, self.people[0])
        run = self.run_record
        for measure, counted, expected, required, words in (
            ("sessions", 1, 3, 8, "Attended one session; 8 are required."),
            ("sessions", 3, 3, 1, "Attended 3 sessions; one is required."),
            ("sessions", 1, 1, 1, "Attended one session; one is required."),
            ("days", 1, 2, 2, "Attended on one day; 2 are required."),
            ("days", 2, 2, 2, "Attended on 2 different days; 2 are required."),
            ("percentage", 1, 1, 0.8, "Attended 1 of one session (100.00 %); 80 % are required."),
        ):
            run.criteria = {**run.criteria, "measure": measure}
            rewrite_history(decision, {"counted": counted, "expected": expected, "required": required})
            self.assertEqual(decision.explanation, words)
        for measure, words in (("sessions", "at least one session,"), ("days", "at least one day,")):
            run.criteria = {**run.criteria, "measure": measure, "threshold": 1}
            self.assertIn(words, run.criteria_text)
        self.program.target_type = "group"
        for counted, expected, required, words in (
            (1, 1, 1, "The only member who is assessed passes; one is required."),
            (0, 1, 1, "The only member who is assessed does not pass; one is required."),
            (1, 2, 2, "1 of 2 members passes; 2 are required."),
            (2, 3, 1, "2 of 3 members pass; one is required."),
        ):
            rewrite_history(decision, {"counted": counted, "expected": expected, "required": required})
            decision.invalidate_recordset(["explanation"])
            self.assertEqual(decision.explanation, words)
