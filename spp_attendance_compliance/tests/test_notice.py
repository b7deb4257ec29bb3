# Part of the SPP attendance suite. LGPL-3.
"""Who is told in time that attendance is short, by whom and how, and that nobody is told twice."""

from datetime import date, datetime, time
from unittest.mock import patch

from lxml import html
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import AttendanceComplianceCase

TODAY = date(2025, 10, 6)


@tagged("post_install", "-at_install")
class TestNotice(AttendanceComplianceCase):
    """It is 6 October: five sessions were held, of which the people attended 5, 4, 3, 2 and 0; five are to come."""

    def setUp(self):
        super().setUp()
        self.today = TODAY
        patcher = patch.object(
            type(self.env["spp.cycle"]), "_attendance_now", lambda cycle: datetime.combine(self.today, time())
        )
        patcher.start()
        self.addCleanup(patcher.stop)
        self.attend_and_submit(5, 4, 3, 2, 0)
        self.coming = self.roster.generate_sessions("2025-10-08", "2025-10-12", 6.0, 8.0).sorted("date")
        self.people[2].write({"email": "three@example.org", "phone": "+62 1"})

    def short(self, most=1, run=None, **requirement):
        self.cycle.write(requirement)
        run = run or self.decide()
        return {
            person["partner_id"]: (person["missing"], person["needed"], person["remaining"])
            for person in run._short_people(most)
        }

    def prepared(self, run=None, most=1, user=None):
        self.run_record = run or self.decide()
        wizard = self.wizard(self.run_record, most, user)
        self.rpc(user or self.officer, wizard, "action_prepare")
        return self.run_record.notice_ids

    def wizard(self, run, most=1, user=None):
        user = user or self.officer
        return self.rpc_create(user, "spp.attendance.notify", {"run_id": run.id, "most": most}).with_user(user)

    def send_queue(self):
        with self.enter_registry_test_mode():
            self.env.ref("spp_attendance_compliance.ir_cron_send_attendance_notices").method_direct_trigger()
        self.env.invalidate_all()

    def mails(self):
        return self.env["mail.mail"].search([("model", "=", "spp.attendance.notice")])

    # --- who is short

    def test_percentage_what_comes_counts_for_and_against(self):
        three, four = self.people[2].id, self.people[3].id
        self.assertEqual(
            self.short(), {three: (1, 5, 5)}, "80 % of 10 sessions are 8: 3 attended and all 5 that remain"
        )
        self.assertEqual(self.short(5), {three: (1, 5, 5)}, "with 2 attended even all 5 that remain are not enough")
        self.coming[0].state = "cancelled"
        self.assertEqual(self.short(5), {}, "80 % of 9 sessions are 7.2: 3 and the 4 that remain are not enough")
        self.assertEqual(self.short(5, attendance_threshold=60), {four: (1, 4, 4)})

    def test_number_of_sessions(self):
        three, four, five = self.people[2:].ids
        requirement = {"attendance_measure": "sessions", "attendance_threshold": 4}
        self.assertEqual(self.short(**requirement), {three: (1, 1, 5)})
        self.assertEqual(self.short(2), {three: (1, 1, 5), four: (2, 2, 5)})
        self.assertEqual(self.short(4), {three: (1, 1, 5), four: (2, 2, 5), five: (4, 4, 5)})
        self.today = date(2025, 10, 11)
        self.assertEqual(self.short(4), {three: (1, 1, 2), four: (2, 2, 2)})

    def test_days(self):
        three, four = self.people[2:4].ids
        again = self.roster.generate_sessions("2025-10-12", "2025-10-12", 9.0, 10.0)
        self.assertEqual(len(again), 1)
        requirement = {"attendance_measure": "days", "attendance_threshold": 4}
        self.assertEqual(self.short(2, **requirement), {three: (1, 1, 5), four: (2, 2, 5)})

    def test_who_is_not_expected_any_more_cannot_make_it(self):
        self.roster.membership_ids.filtered(lambda it: it.partner_id == self.people[2]).date_to = "2025-10-05"
        self.assertEqual(self.short(attendance_measure="sessions", attendance_threshold=4), {})

    def test_other_types_and_places_do_not_help(self):
        requirement = {"attendance_measure": "sessions", "attendance_threshold": 4}
        self.coming.location = "South"
        north = self.env["spp.event.attendance.location"].search([("external_id", "=", "North")])
        self.assertEqual(self.short(**requirement, attendance_location_ids=[Command.set(north.ids)]), {})

    def test_sources_that_know_no_sessions_in_advance_leave_one_attendance_a_day(self):
        other = self.env["spp.attendance.source"].create({"name": "Other", "kind": "other"})
        self.env["spp.event.attendance"].create(
            {
                "source_id": other.id,
                "external_id": "1",
                "partner_id": self.people[3].id,
                "attendance_date": "2025-10-01",
                "is_attended": True,
                "weight": 1,
                "is_in_denominator": True,
            }
        )
        self.coming.state = "cancelled"
        self.cycle.write({"attendance_measure": "sessions", "attendance_threshold": 4})
        run = self.decide()
        self.assertEqual(self.short(run=run), {self.people[3].id: (1, 1, 26)}, "who was at sessions only has none left")
        notice = self.prepared(run)
        self.assertIn("attend on one more day until", notice.text)
        run.criteria = {**run.criteria, "measure": "percentage", "threshold": 80}
        self.assertEqual(self.short(run=run), {}, "nobody knows how many sessions there will be")

    def test_a_group_is_told_when_enough_of_its_members_can_make_it(self):
        family = self.env["res.partner"].create({"name": "Family", "is_registrant": True, "is_group": True})
        self.env["spp.group.membership"].create(
            [{"group": family.id, "individual": person.id} for person in self.people[2:4]]
        )
        self.program.target_type = "group"
        self.cycle.cycle_membership_ids.unlink()
        self.env["spp.cycle.membership"].create(
            {"cycle_id": self.cycle.id, "partner_id": family.id, "state": "enrolled"}
        )
        self.assertEqual(self.short(3), {}, "the other member cannot make it, and all must")
        self.assertEqual(self.short(3, attendance_group_rule="any"), {self.people[2].id: (1, 5, 5)})
        notice = self.prepared()
        self.assertEqual((notice.partner_id, notice.recipient_id), (self.people[2], self.people[2]))
        self.people[2].email = False
        family.email = "family@example.org"
        self.assertEqual(self.prepared().recipient_id, family)

    def test_one_query_whatever_the_number_of_people(self):
        run = self.decide()
        run._short_people(1)
        self.env.flush_all()
        counts = []
        for most in (1, 5):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run._short_people(most)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    # --- preview

    def test_preview(self):
        self.people[3].email = "not an address"
        self.people[4].email = "five@example.org"
        self.env["mail.blacklist"].create({"email": "five@example.org"})
        self.cycle.write({"attendance_measure": "sessions", "attendance_threshold": 4})
        run = self.decide()
        wizard = self.wizard(run, 4)
        self.assertEqual((wizard.person_count, wizard.email_count, wizard.told_count), (3, 1, 0))
        self.assertEqual(wizard.unreachable_text, "The e-mail address is not valid: 1, Does not want e-mails: 1")
        self.assertIn("Person 3 is one session short of what Attend and Receive asks for.", wizard.example)
        self.assertIn("attend one of the 5 sessions that remain until 10/31/2025.", wizard.example)
        self.assertFalse(run.notice_ids, "a preview prepares nothing")
        wizard.most = 1
        self.assertEqual((wizard.person_count, wizard.unreachable_text), (1, ""))

    def test_registers_that_are_missing_are_pointed_out(self):
        run = self.decide()
        self.assertEqual(self.wizard(run).open_register_count, 0)
        self.today = date(2025, 10, 10)
        self.assertEqual(self.wizard(run).open_register_count, 2)

    def test_words(self):
        notice = self.prepared()
        for measure, values, words in (
            ("sessions", (1, 1, 1), "one session short of what Attend and Receive asks for. It can still be reached: "
             "attend the one session that remains"),
            ("sessions", (2, 2, 5), "2 sessions short of what Attend and Receive asks for. It can still be reached: "
             "attend 2 of the 5 sessions that remain"),
            ("percentage", (1, 3, 3), "attend all 3 sessions that remain"),
            ("days", (1, 1, 4), "one day short of what Attend and Receive asks for. It can still be reached: "
             "attend on one more day"),
            ("days", (2, 2, 4), "attend on 2 more days"),
        ):  # fmt: skip
            self.run_record.criteria = {**self.run_record.criteria, "measure": measure}
            notice.write(dict(zip(("missing", "needed", "remaining"), values, strict=True)))
            notice.invalidate_recordset(["text"])
            self.assertIn(words, notice.text)

    # --- sending

    def test_sent_through_the_queue(self):
        notice = self.prepared()
        self.assertFalse(self.mails())
        self.rpc(self.manager, notice, "action_send")
        self.assertEqual((notice.state, notice.sent_by_id), ("waiting", self.manager))
        self.assertFalse(self.mails(), "not inline")
        self.send_queue()
        mail = self.mails()
        self.assertEqual((notice.state, mail.state), ("queued", "outgoing"))
        self.assertEqual((mail.recipient_ids, mail.subject), (self.people[2], "Attendance in October 2025"))
        self.assertIn("is one session short", mail.body_html)
        note = self.people[2].message_ids[:1].body
        self.assertIn("Told by e-mail (Person 3): Person 3 is one session short", note)
        self.send_queue()
        self.assertEqual(len(self.mails()), 1)
        with self.assertRaisesRegex(UserError, "None of them is to be sent"):
            self.rpc(self.manager, notice, "action_send")

    def test_once_per_run(self):
        notice = self.prepared()
        self.assertEqual(self.wizard(self.run_record).person_count, 0)
        self.assertEqual(self.wizard(self.run_record).told_count, 1)
        self.assertEqual(self.prepared(self.run_record), notice)
        values = {name: notice[name].id for name in ("run_id", "partner_id", "membership_id", "recipient_id")}
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            notice.create(values)

    def test_in_sets_with_a_fixed_number_of_queries(self):
        self.cycle.write({"attendance_measure": "sessions", "attendance_threshold": 4})
        self.people.write({"email": "all@example.org"})
        notices = self.prepared(most=4)
        self.assertEqual(len(notices), 3)
        self.rpc(self.manager, notices, "action_send")
        sizes = []
        queue = type(notices)._queue_emails

        def count(batch):
            sizes.append(len(batch))
            return queue(batch)

        module = "odoo.addons.spp_attendance_compliance.models.decision.attendance_notice"
        with patch(f"{module}.NOTICES_PER_SET", 2), patch.object(type(notices), "_queue_emails", count):
            self.send_queue()
        self.assertEqual(sizes, [2, 1])
        self.assertEqual(len(self.mails()), 3)

    def test_who_has_no_email_gets_a_letter(self):
        self.people[2].email = False
        notice = self.prepared()
        self.assertEqual((notice.problem, notice.phone), ("no_email", "+62 1"))
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            self.rpc(self.manager, notice, "action_send")
        action = self.rpc(self.officer, notice, "action_print_letter")
        self.assertEqual((notice.state, notice.sent_by_id), ("printed", self.officer))
        page = html.fromstring(self.env["ir.actions.report"]._render_qweb_html(action["report_name"], notice.ids)[0])
        self.assertIn("is one session short", page.text_content())
        self.assertIn("Told by letter (Person 3)", self.people[2].message_ids[:1].body)

    def test_in_the_language_of_the_family(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.people[2].lang = "fr_FR"
        template = self.env.ref("spp_attendance_compliance.mail_template_attendance_notice")
        template.with_context(lang="fr_FR").subject = "Présence : {{ object.cycle_id.name }}"
        self.rpc(self.manager, self.prepared(), "action_send")
        self.send_queue()
        self.assertEqual(self.mails().subject, "Présence : October 2025")
        self.assertIn("31/10/2025", self.mails().body_html)

    def test_a_template_that_cannot_be_rendered_stops_nothing_else(self):
        template = self.env.ref("spp_attendance_compliance.mail_template_attendance_notice")
        template.body_html = '<p t-out="object.nothing_like_this"/>'
        notice = self.prepared()
        self.rpc(self.manager, notice, "action_send")
        with mute_logger("odoo.addons.mail.models.mail_render_mixin"):
            self.send_queue()
        self.assertEqual(notice.state, "prepared")
        self.assertTrue(notice.send_error)
        self.assertFalse(self.mails())

    def test_too_late(self):
        run = self.decide()
        notice = self.prepared(run)
        self.today = date(2025, 11, 1)
        run.invalidate_recordset()
        for call in (
            lambda: self.rpc(self.officer, run, "action_notify_short"),
            lambda: self.rpc(self.officer, self.wizard(run), "action_prepare"),
            lambda: self.rpc(self.manager, notice, "action_send"),
        ):
            with self.assertRaisesRegex(UserError, "There is no time left"):
                call()

    # --- roles

    def test_officers_prepare_and_print_managers_send(self):
        run = self.decide()
        for user in (self.viewer,):
            with self.assertRaises(AccessError):
                self.rpc(user, run, "action_notify_short")
            with self.assertRaises(AccessError):
                self.wizard(run, user=user)
        self.assertEqual(self.rpc(self.officer, run, "action_notify_short")["res_model"], "spp.attendance.notify")
        notice = self.prepared(run)
        for user in (self.viewer, self.officer):
            with self.assertRaises(AccessError):
                self.rpc(user, notice, "action_send")
        with self.assertRaises(AccessError):
            self.rpc(self.viewer, notice, "action_print_letter")
        self.assertTrue(self.rpc(self.viewer, notice, "read", ["text", "email"]))
        for user in (self.viewer, self.officer, self.manager):
            for method, args in (("write", [{"state": "queued"}]), ("unlink", [])):
                with self.assertRaises(AccessError):
                    self.rpc(user, notice, method, *args)
            for method in ("_queue_emails", "_cron_send", "_log_on_registrants"):
                with self.assertRaises(AccessError):
                    self.rpc(user, notice, method)
        self.rpc(self.manager, notice, "action_send")
