# Part of the SPP attendance suite. LGPL-3.
"""Printing a roster, keying it in again, and following its code, by those who may and by others."""

import io

from pypdf import PdfReader

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged

from odoo.addons.spp_session_tracking.tests.common import SessionTrackingCase, SessionTrackingMixin

REPORT = "spp_session_sheet.report_session_sheet"


@tagged("post_install", "-at_install")
class TestPaperRoster(SessionTrackingCase):
    def setUp(self):
        super().setUp()
        self.roster.policy_id = False  # a register that a person takes
        self.session = self.make_sessions().with_user(self.facilitator)

    def print_sheet(self):
        return self.env["spp.session.sheet"]._print_for(self.session)

    def numbers(self):
        return {line.partner_id: line.number for line in self.print_sheet().line_ids}

    def key_in(self, text, **options):
        """What keying says: (dict number of the person -> code, errors)"""
        answer = self.session.read_keying(text, **options)
        people = {person.id: index for index, person in enumerate(self.people, start=1)}
        return {people[mark["participant_id"]]: mark["status"] for mark in answer["marks"]}, answer["errors"]

    def test_a_number_without_an_end_is_said_not_computed(self):
        self.print_sheet()
        self.assertIn("cannot be read", self.key_in("absent: " + "9" * 5000)[1][0])

    # --- the sheet

    def test_numbers_and_code_stay(self):
        sheet = self.print_sheet()
        self.assertRegex(sheet.code, r"^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$")
        self.assertEqual(self.numbers(), dict(zip(self.people, (1, 2, 3, 4), strict=True)))
        self.assertEqual(sheet.printed_by_id, self.facilitator)
        self.assertEqual(self.print_sheet(), sheet)
        newcomer = self.env["res.partner"].create({"name": "Aaron", "is_registrant": True})
        self.session.sudo().expected_participant_ids = [
            Command.unlink(self.people[1].id),
            Command.link(newcomer.id),
        ]
        self.assertEqual(self.print_sheet().code, sheet.code)
        self.assertEqual(
            self.numbers(),
            {**dict(zip(self.people, (1, 2, 3, 4), strict=True)), newcomer: 5},
            "no number is used twice",
        )

    def test_numbers_follow_the_names_whatever_their_accents(self):
        names = ("Zoé", "Élise", "emil")
        people = self.env["res.partner"].create([{"name": name, "is_registrant": True} for name in names])
        self.session.sudo().expected_participant_ids = people
        self.assertEqual(
            {person.name: number for person, number in self.numbers().items()}, {"Élise": 1, "emil": 2, "Zoé": 3}
        )

    def test_the_page_says_everything(self):
        self.hold(self.people[1])
        html, _type = (
            self.env["ir.actions.report"].with_user(self.facilitator)._render_qweb_html(REPORT, self.session.ids)
        )
        page = html.decode()
        for text in (
            "North 2025-10-01",
            "06:00-08:00",
            "facilitator",
            "Person 4",
            "H on hold",
            self.print_sheet().code,
        ):
            self.assertIn(text, page)
        self.assertIn("data:image/png;base64,", page)

    def test_people_of_other_areas_are_not_printed(self):
        north, south = self.env["spp.area"].create([{"draft_name": "North"}, {"draft_name": "South"}])
        (self.people - self.people[0]).area_id = north
        self.people[0].area_id = south
        bound = self.make_user("southerner", "spp_session_tracking.group_session_manager")
        bound.center_area_ids = south
        session = self.session.with_user(bound)
        self.env.flush_all()
        self.env.invalidate_all()
        values = self.env[f"report.{REPORT}"].with_user(bound)._get_report_values(session.ids)
        rows = [row for page in values["sheets"][session.id]["pages"] for row in page]
        self.assertEqual([row["name"] for row in rows], [self.people[0].name])
        everybody = self.env[f"report.{REPORT}"].with_user(self.manager)._get_report_values(session.ids)
        rows = [row for page in everybody["sheets"][session.id]["pages"] for row in page]
        self.assertEqual(len(rows), len(self.people))

    def test_many_people_and_many_sessions_make_complete_pages(self):
        people = self.env["res.partner"].create([{"name": f"Pupil {n:02}", "is_registrant": True} for n in range(40)])
        self.session.sudo().expected_participant_ids = people
        other = self.make_sessions(fields.Date.to_date("2025-10-02"), fields.Date.to_date("2025-10-02"))
        pdf, _type = (
            self.env["ir.actions.report"]
            .with_user(self.facilitator)
            .with_context(force_report_rendering=True)
            ._render_qweb_pdf(REPORT, (self.session | other).ids)
        )
        texts = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]
        code = self.print_sheet().code
        self.assertEqual(["page 1 of 2" in texts[0], "page 2 of 2" in texts[1], "page 1 of 1" in texts[2]], [True] * 3)
        self.assertEqual([code in text for text in texts], [True, True, False])
        self.assertIn("Pupil 39", texts[1])

    def test_sheets_need_a_fixed_number_of_queries(self):
        counts = []
        for size, day in ((40, 10), (400, 11)):
            people = self.env["res.partner"].create(
                [{"name": f"{size}-{n}", "is_registrant": True} for n in range(size)]
            )
            session = self.make_sessions(fields.Date.to_date(f"2025-10-{day}"), fields.Date.to_date(f"2025-10-{day}"))
            session.expected_participant_ids = people
            session = session.with_user(self.facilitator)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["spp.session.sheet"]._print_for(session)
            self.env.flush_all()
            session.read_keying("absent: 4 11 27; late: 5 10")
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    # --- keying in

    def test_keying_needs_a_sheet(self):
        with self.assertRaisesRegex(UserError, "print it first"):
            self.session.read_keying("absent: 1")

    def test_names_abbreviations_keys_ranges_and_commas(self):
        self.print_sheet()
        everybody = {1: "absent", 2: "absent", 3: "late", 4: "present"}
        for text in (
            "absent: 1 2; late: 3",
            "Absent 1, 2 late 3",
            "A 1-2 L 3",
            "a1,2l3",
            "ABSENT: 1–2\nLate: 3",
            "absent 1 1 2; l: 3",
        ):
            self.assertEqual(self.key_in(text), (everybody, []), text)
        self.assertEqual(
            self.key_in("EA: 1 medical leave: 2 on hold 3"),
            ({1: "excused", 2: "medical", 3: "on_hold", 4: "present"}, []),
        )
        self.assertEqual(self.key_in("absent: 1", rest_present=False), ({1: "absent"}, []))
        self.assertEqual(self.key_in(""), (dict.fromkeys((1, 2, 3, 4), "present"), []))

    def test_words_of_the_users_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.absent.with_context(lang="fr_FR").name = "Excusé à tort"
        self.print_sheet()
        self.session = self.session.with_context(lang="fr_FR")
        self.assertEqual(self.key_in("excuse a tort: 2", rest_present=False), ({2: "absent"}, []))

    def test_mistakes_are_said_and_nothing_is_taken_over(self):
        self.print_sheet()
        for text, sentence in (
            ("absent: 9", "Number 9 is not on this sheet."),
            ("absent: 3-12", "Number 5 is not on this sheet."),
            ("absent: 2; late: 2", "Number 2 has two different statuses: leave one of them out."),
            ("4 absent: 2", '4 stands before any status: write for example "absent: 4".'),
            ("absent: 4-2", "4-2 is not a range: write the smaller number first."),
            ("absent: 1-99999999", "1-99999999 is not a range: write the smaller number first."),
            ("absent: 2 & 3", '"&" cannot be read: write for example "absent: 4 11 27".'),
        ):
            marks, errors = self.key_in(text)
            self.assertEqual(marks, {}, text)
            self.assertIn(sentence, errors, text)
        self.assertRegex(self.key_in("asleep: 2")[1][0], r'^"asleep" is not a status: write one of Present, Late')

    def test_somebody_who_left_is_said(self):
        self.print_sheet()
        self.session.sudo().expected_participant_ids = [Command.unlink(self.people[1].id)]
        self.assertEqual(self.key_in("absent: 2")[1], ["Number 2 is not in this session any more: leave it out."])
        self.assertEqual(self.key_in("absent: 1")[0], {1: "absent", 3: "present", 4: "present"})

    def test_the_rest_is_present_but_for_those_who_are_decided(self):
        self.print_sheet()
        self.env["spp.session.absence"].create(
            {
                "partner_id": self.people[1].id,
                "date_from": "2025-10-01",
                "date_to": "2025-10-01",
                "reason_id": self.env.ref("spp_session_tracking.attendance_reason_medical").id,
            }
        )
        self.session.save_roster([{"participant_id": self.people[2].id, "status": "late", "base": False}])
        self.assertEqual(self.key_in("absent: 1")[0], {1: "absent", 4: "present"})
        self.assertEqual(
            self.key_in("present: 2; absent: 3")[0], {1: "present", 2: "present", 3: "absent", 4: "present"}
        )
        self.assertFalse(
            self.session.sudo().attendance_ids.participant_id - self.people[2], "keying in stores nothing by itself"
        )

    # --- roles

    def test_who_may_print_and_who_may_key_in(self):
        viewer = self.make_user("viewer", "spp_session_tracking.group_session_viewer")
        for user in (self.facilitator, self.manager, viewer):
            self.assertEqual(self.rpc(user, self.session, "action_print_sheet")["report_name"], REPORT)
        for user in (self.facilitator, self.manager):
            self.assertTrue(self.rpc(user, self.session, "read_keying", "A 1")["marks"])
        for user in (self.other_facilitator, viewer):
            with self.assertRaises(AccessError):
                self.rpc(user, self.session, "read_keying", "A 1")
        employee = self.make_user("employee")
        with self.assertRaises(AccessError):
            self.rpc(employee, self.session, "action_print_sheet")
        with self.assertRaises(AccessError):
            self.env["ir.actions.report"].with_user(employee)._render_qweb_html(REPORT, self.session.ids)

    def test_nobody_writes_sheets(self):
        sheet = self.print_sheet()
        for user in (self.facilitator, self.manager):
            for records, vals in ((sheet, {"code": "AAAA-AAAA"}), (sheet.line_ids[:1], {"number": 9})):
                self.assertRefused(user, records, "write", vals)
                self.assertRefused(user, records, "unlink")


@tagged("post_install", "-at_install")
class TestPaperRosterCode(SessionTrackingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_sessions()
        cls.meeting = cls.make_sessions()
        cls.code = cls.env["spp.session.sheet"]._print_for(cls.meeting).code

    def open_code(self, code, login):
        self.authenticate(login, login)
        return self.url_open(f"/spp/sheet/{code}", allow_redirects=False)

    def test_the_code_leads_to_the_roster(self):
        for code in (self.code, self.code.lower()):
            answer = self.open_code(code, self.facilitator.login)
            self.assertEqual(answer.status_code, 303)
            self.assertURLEqual(answer.headers["Location"], f"/odoo/{self.meeting.id}/spp-today")

    def test_unknown_and_forbidden_codes_look_the_same(self):
        self.make_user("employee")
        self.assertEqual(self.open_code("AAAA-AAAA", self.facilitator.login).status_code, 404)
        company = self.env["res.company"].create({"name": "Elsewhere"})
        self.make_user(
            "stranger",
            "spp_session_tracking.group_session_manager",
            company_id=company.id,
            company_ids=[Command.set(company.ids)],
        )
        self.assertEqual(self.open_code(self.code, "stranger").status_code, 404)
        self.assertIn(self.open_code(self.code, "employee").status_code, (403, 404))

    def test_strangers_log_in_first(self):
        answer = self.url_open(f"/spp/sheet/{self.code}", allow_redirects=False)
        self.assertIn("/web/login", answer.headers["Location"])
