# Part of the SPP attendance suite. LGPL-3.
"""What people read when they enter what cannot be, or delete what is in use."""

from datetime import date

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .common import SessionTrackingMixin


@tagged("post_install", "-at_install")
class TestPlainSentences(SessionTrackingMixin, HttpCase):
    """Bad input the way the screens send it: what a person reads is one sentence, never a database error."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_sessions()
        cls.planned = cls.make_sessions()

    def setUp(self):
        super().setUp()
        self.authenticate("session_manager", "session_manager")

    @mute_logger("odoo.http", "odoo.sql_db", "odoo.addons.base.models.ir_rule")
    def refusal(self, model, method, *args):
        """The class and the text of the error that the web client shows."""
        self.env.flush_all()
        response = self.url_open(
            "/web/dataset/call_kw",
            json={
                "jsonrpc": "2.0",
                "method": "call",
                "params": {"model": model, "method": method, "args": list(args), "kwargs": {}},
            },
        ).json()
        self.assertIn("error", response, "the call should have been refused")
        return response["error"]["data"]["name"].rsplit(".", 1)[-1], response["error"]["data"]["message"]

    def assert_refused(self, sentence, model, method, *args, error="ValidationError"):
        name, message = self.refusal(model, method, *args)
        self.assertIn(sentence, message)
        self.assertEqual(name, error)
        for raw in ("spp_", "constraint", "violates", "psycopg2"):
            self.assertNotIn(raw, message)

    def test_percentage_over_100(self):
        sentence = "The required attendance is a percentage from 0 to 100."
        for name in ("required_attendance_percentage", "required_attendance_pct"):
            for value in (101, -1):
                self.assert_refused(sentence, "spp.session.type", "write", self.session_type.ids, {name: value})

    def test_code_used_twice(self):
        self.assert_refused(
            "Another session type already uses this code.", "spp.session.type", "create", {"name": "A", "code": "FDS"}
        )

    def test_left_before_joined(self):
        self.assert_refused(
            "A person cannot leave a roster before joining it",
            "spp.session.roster.membership",
            "write",
            self.roster.membership_ids[0].ids,
            {"date_to": "2025-09-30"},
        )

    def test_on_the_roster_twice(self):
        vals = {"roster_id": self.roster.id, "partner_id": self.people[0].id, "date_from": "2025-11-01"}
        self.assert_refused(
            "This person is already on the roster on some of these days",
            "spp.session.roster.membership",
            "create",
            vals,
        )

    def test_holds(self):
        vals = {
            "roster_id": self.roster.id,
            "partner_id": self.people[0].id,
            "reason": "Harvest",
            "date_from": "2025-11-01",
            "date_to": "2025-11-30",
        }
        self.assert_refused(
            "A hold cannot end before it starts",
            "spp.session.roster.hold",
            "create",
            {**vals, "date_to": "2025-10-31"},
        )
        self.env["spp.session.roster.hold"].create(vals)
        self.assert_refused(
            "This person is on hold on some of these days already", "spp.session.roster.hold", "create", vals
        )

    def test_a_person_twice_in_a_session(self):
        vals = {"session_id": self.planned.id, "participant_id": self.people[0].id, "status_id": self.present.id}
        self.env["spp.session.attendance"].create(vals)
        self.assert_refused("This person already has a mark in this session", "spp.session.attendance", "create", vals)

    def test_end_before_start(self):
        self.assert_refused(
            "ends before it starts", "spp.session", "write", self.planned.ids, {"start_time": 9.0, "end_time": 8.0}
        )

    def test_check_in_closes_before_it_opens(self):
        self.assert_refused(
            "Check-in cannot close before it opens",
            "spp.session",
            "write",
            self.planned.ids,
            {"checkin_from": "2025-10-01 10:00:00", "checkin_until": "2025-10-01 09:00:00"},
        )

    def test_negative_capacity(self):
        self.assert_refused(
            "The capacity is a number of people", "spp.session", "write", self.planned.ids, {"max_participants": -1}
        )

    def test_a_used_type(self):
        self.assert_refused(
            "archive it instead", "spp.session.type", "unlink", self.session_type.ids, error="UserError"
        )

    def test_what_a_register_needs_is_not_deleted(self):
        self.planned.action_submit()
        reason = self.env.ref("spp_session_tracking.attendance_reason_other")
        self.env["spp.session.absence"].create({"partner_id": self.people[0].id, "reason_id": reason.id})
        for record, kind, count in (
            (self.roster, "Session", 1),
            (self.policy, "Roster", 1),
            (self.absent, "Session Attendance", 4),
            (reason, "Announced Absence", 1),
        ):
            sentence = f"{record.name} is in use ({kind}: {count}): archive it instead."
            self.assert_refused(sentence, record._name, "unlink", record.ids, error="UserError")
        self.roster.policy_id = False
        self.assertEqual(self.planned.applied_policy_id, self.policy, "a submitted register keeps its policy")
        self.assert_refused(
            "Terminals is in use (Session: 1)", "spp.session.policy", "unlink", self.policy.ids, error="UserError"
        )

    def test_times_that_nobody_means(self):
        for model, record, values, sentence in (
            ("spp.session", self.planned, {"date": "9999-12-31"}, "is on 9999-12-31: check the year."),
            ("spp.session", self.planned, {"date": "0025-10-01"}, "is on 0025-10-01: check the year."),
            ("spp.session.type", self.session_type, {"duration_hours": -5}, "from 0 to 1000"),
            ("spp.session.type", self.session_type, {"duration_hours": 1e12}, "from 0 to 1000"),
            ("spp.session.policy", self.policy, {"lock_hours": 1e12}, "longer than a year"),
            ("spp.session.policy", self.policy, {"checkin_after_minutes": 1e15}, "longer than a year"),
            ("spp.session.policy", self.policy, {"certificate_days": 2000000000}, "longer than a year"),
        ):
            self.assert_refused(sentence, model, "write", record.ids, values)
        for arguments in (
            {"frequency": "yearly"},
            {"frequency": "weekly", "weekdays": [9]},
        ):
            with self.assertRaisesRegex(UserError, "no such series"):
                self.roster.generate_sessions("2025-10-05", "2025-10-06", 6.0, 8.0, **arguments)
        late = {
            "participant_id": self.people[0].id,
            "status_id": self.late.id,
            "attendance_time": "9999-12-31 00:00:00",
        }
        mark = self.env["spp.session.attendance"].create({"session_id": self.planned.id, **late})
        mark.flush_recordset()
        self.assertEqual(mark.late_minutes, 366 * 24 * 60)

    def test_a_session_without_anybody(self):
        empty = self.env["spp.session"].create({"name": "Empty", "session_type_id": self.session_type.id})
        self.assert_refused("Nobody is expected", "spp.session", "action_submit", empty.ids, error="UserError")

    def test_a_mark_in_a_cancelled_session(self):
        self.planned.action_cancel()
        self.assert_refused(
            "was cancelled",
            "spp.session.attendance",
            "create",
            {"session_id": self.planned.id, "participant_id": self.people[0].id},
            error="UserError",
        )

    def test_deleting_a_person(self):
        ana, ben, cho, _dan = self.people
        self.make_sessions(date(2025, 10, 2), date(2025, 10, 3)).action_submit()
        registrar = self.make_user("registrar", "spp_registry.group_registry_manager", company_id=self.env.company.id)
        self.authenticate(registrar.login, registrar.login)
        self.assert_refused(
            f"{ana.display_name} has attendance in 2 sessions: archive or disable the registrant instead.",
            "res.partner",
            "unlink",
            ana.ids,
            error="UserError",
        )
        new = self.env["res.partner"].create({"name": "New", "is_registrant": True})
        self.roster.write({"membership_ids": [Command.create({"partner_id": new.id, "date_from": date(2025, 10, 1)})]})
        self.assert_refused(
            "New is in use (Roster Membership: 1): archive or disable the registrant instead.",
            "res.partner",
            "unlink",
            new.ids,
            error="UserError",
        )
        self.roster.membership_ids.filtered(lambda membership: membership.partner_id == new).unlink()
        new.with_user(registrar).unlink()
        self.assertFalse(new.exists())
        self.assertTrue((ben | cho).exists())

    def test_deleting_people_needs_a_fixed_number_of_queries(self):
        counts = []
        for number in (1, 20):
            people = self.env["res.partner"].create([{"name": f"Guest {n}"} for n in range(number)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            people._unlink_except_in_sessions()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
