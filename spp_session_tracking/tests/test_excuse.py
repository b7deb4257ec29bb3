# Part of the SPP attendance suite. LGPL-3.
"""Excuses in registers and absences announced before: who grants them, up to which limit, with what proof."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SessionTrackingCase


@tagged("post_install", "-at_install")
class TestExcuse(SessionTrackingCase):
    def setUp(self):
        super().setUp()
        self.session = self.make_sessions()
        self.excused, self.medical = (
            self.env["spp.attendance.status"]._by_code(code) for code in ("excused", "medical")
        )

    def reason(self, code):
        return self.env.ref(f"spp_session_tracking.attendance_reason_{code}")

    def mark(self, user=None, person=None, session=None, **values):
        marks = self.env["spp.session.attendance"].with_user(user or self.facilitator)
        session, person = session or self.session, person or self.people[0]
        return marks.create({"session_id": session.id, "participant_id": person.id, **values})

    def test_the_reason_says_the_status(self):
        mark = self.mark(reason_id=self.reason("school_event").id)
        self.assertEqual((mark.status_id, mark.excuse_state, mark.is_excused), (self.excused, "granted", True))
        self.assertFalse(mark.is_unexplained)

    def test_what_a_facilitator_may_not_grant_is_asked_of_a_manager(self):
        mark = self.mark(status_id=self.excused.id, reason_id=self.reason("other").id)
        self.assertEqual(
            (mark.status_id, mark.excuse_state, mark.requested_status_id), (self.absent, "requested", self.excused)
        )
        self.assertFalse(mark.is_unexplained, "somebody said why")
        with self.assertRaisesRegex(AccessError, "Only a session manager decides"):
            self.rpc(self.facilitator, mark, "action_grant_excuse")
        self.rpc(self.manager, mark, "action_grant_excuse")
        self.assertEqual((mark.status_id, mark.excuse_state), (self.excused, "granted"))
        self.assertEqual(mark.sudo().excuse_decided_by_id, self.manager)

    def test_a_refusal_says_why(self):
        mark = self.mark(reason_id=self.reason("pre_approved").id)
        with self.assertRaisesRegex(UserError, "Say why the excuse is refused"):
            self.rpc(self.manager, mark, "action_refuse_excuse")
        self.rpc(self.manager, mark, "action_refuse_excuse", note="Nobody approved it")
        self.assertEqual((mark.status_id, mark.excuse_state), (self.absent, "refused"))
        self.assertEqual(mark.excuse_decision_note, "Nobody approved it")

    def test_managers_grant_by_marking(self):
        mark = self.mark(user=self.manager, reason_id=self.reason("other").id)
        self.assertEqual((mark.status_id, mark.excuse_state), (self.excused, "granted"))

    def test_beyond_the_limit_a_manager_is_asked(self):
        reason = self.reason("family_emergency")
        self.assertEqual((reason.limit_count, reason.limit_period), (3, "year"))
        sessions = self.roster.generate_sessions(date(2025, 12, 28), date(2026, 1, 2), 6.0, 8.0).sorted("date")
        marks = [self.mark(session=session, reason_id=reason.id) for session in sessions]
        self.assertEqual(
            [mark.excuse_state for mark in marks],
            ["granted"] * 3 + ["requested"] + ["granted"] * 2,
            "28 to 30 December are three, the 31st is one too many, then a new year begins",
        )

    def test_the_limit_holds_within_one_call(self):
        reason = self.reason("family_emergency")
        sessions = self.roster.generate_sessions(date(2025, 11, 1), date(2025, 11, 5), 6.0, 8.0).sorted("date")
        marks = (
            self.env["spp.session.attendance"]
            .with_user(self.facilitator)
            .create(
                [
                    {"session_id": session.id, "participant_id": self.people[0].id, "reason_id": reason.id}
                    for session in sessions
                ]
            )
        )
        self.assertEqual(marks.mapped("excuse_state"), ["granted"] * 3 + ["requested"] * 2)

    def test_a_term_bounds_the_limit(self):
        reason = self.reason("family_emergency")
        reason.write({"limit_count": 1, "limit_period": "term"})
        self.env["spp.session.term"].create(
            [
                {"name": "First", "kind": "term", "date_from": "2025-09-01", "date_to": "2025-11-15"},
                {"name": "Second", "kind": "term", "date_from": "2025-11-16", "date_to": "2026-01-31"},
            ]
        )
        sessions = self.roster.generate_sessions(date(2025, 11, 14), date(2025, 11, 17), 6.0, 8.0).sorted("date")
        states = [self.mark(session=session, reason_id=reason.id).excuse_state for session in sessions]
        self.assertEqual(states, ["granted", "requested", "granted", "requested"])

    def test_an_excuse_without_a_reason(self):
        self.assertEqual(self.mark(status_id=self.excused.id).excuse_state, "granted")
        self.policy.excuse_needs_reason = True
        asked = self.mark(person=self.people[1], status_id=self.excused.id)
        self.assertEqual((asked.status_id, asked.excuse_state), (self.absent, "requested"))

    def test_openspp_switches_are_excuses_too(self):
        mark = self.mark(is_excused=True)
        self.assertEqual((mark.status_id, mark.excuse_state), (self.excused, "granted"))
        mark.is_excused = False
        self.assertEqual((mark.status_id, mark.excuse_state), (self.absent, False))

    def test_decisions_are_not_written_by_hand(self):
        mark = self.mark(reason_id=self.reason("other").id)
        forged = (
            {"excuse_decided_by_id": self.env.ref("base.user_admin").id},
            {"excuse_decided_at": "2020-01-01 00:00:00"},
        )
        for user in (self.facilitator, self.manager):
            for values in ({"excuse_state": "granted"}, {"certificate_state": "received"}, *forged):
                with self.assertRaisesRegex(AccessError, "decided with their buttons"):
                    self.rpc(user, mark, "write", values)
        with self.assertRaisesRegex(AccessError, "decided with their buttons"):
            self.mark(person=self.people[1], status_id=self.excused.id, excuse_state="granted")

    def test_another_status_ends_the_excuse(self):
        mark = self.mark(reason_id=self.reason("medical").id)
        self.assertEqual((mark.status_id, mark.certificate_state), (self.medical, "pending"))
        mark.status_id = self.present
        self.assertFalse(mark.reason_id or mark.excuse_state or mark.certificate_state or mark.certificate_due_date)

    def test_certificate_in_time(self):
        self.policy.certificate_days = 4
        mark = self.mark(reason_id=self.reason("medical").id)
        self.assertEqual(mark.certificate_due_date, date(2025, 10, 5))
        self.rpc(self.facilitator, mark, "action_certificate_received")
        self.assertEqual((mark.certificate_state, mark.status_id), ("received", self.medical))

    def test_a_reason_may_give_more_time(self):
        self.reason("medical").certificate_days = 30
        mark = self.mark(reason_id=self.reason("medical").id)
        self.assertEqual(mark.certificate_due_date, date(2025, 10, 1) + timedelta(days=30))

    def test_a_missed_certificate_and_a_late_one(self):
        mark = self.mark(reason_id=self.reason("medical").id)
        self.session.action_submit()
        mark.sudo()._miss_certificates()
        self.assertEqual((mark.certificate_state, mark.status_id), ("missed", self.absent))
        with self.assertRaises(AccessError):
            self.rpc(self.facilitator, mark, "action_certificate_received")
        self.rpc(self.manager, mark, "action_certificate_received")
        self.assertEqual((mark.certificate_state, mark.status_id), ("received", self.medical))
        self.assertEqual(
            mark.change_ids.sorted("id").mapped("reason"),
            ["The certificate did not come in time", "Certificate received"],
        )

    def test_others_decide_nothing(self):
        mark = self.mark(reason_id=self.reason("other").id)
        for method in ("action_grant_excuse", "action_refuse_excuse", "action_certificate_received"):
            with self.assertRaises(AccessError, msg=method):
                self.rpc(self.other_facilitator, mark, method)


@tagged("post_install", "-at_install")
@freeze_time("2025-09-30 12:00:00")
class TestAnnouncedAbsence(SessionTrackingCase):
    def announce(self, code="school_event", user=None, person=None, **values):
        return (
            self.env["spp.session.absence"]
            .with_user(user or self.facilitator)
            .create(
                {
                    "partner_id": (person or self.people[0]).id,
                    "date_from": "2025-10-01",
                    "date_to": "2025-10-02",
                    "reason_id": self.env.ref(f"spp_session_tracking.attendance_reason_{code}").id,
                    **values,
                }
            )
        )

    def codes(self, session):
        return {mark.participant_id: mark.status_id.code for mark in session.attendance_ids}

    def test_the_register_is_submitted_with_it(self):
        self.assertEqual(self.announce().state, "accepted")
        session = self.make_sessions()
        session.with_user(self.facilitator).action_submit()
        self.assertEqual(self.codes(session)[self.people[0]], "excused")
        self.assertEqual(self.codes(session)[self.people[1]], "absent")
        mark = session.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0])
        self.assertEqual(
            (mark.reason_id.code, mark.excuse_state, mark.source), ("school_event", "granted", "submission")
        )

    def test_what_a_manager_must_accept_is_absent_until_then(self):
        absence = self.announce("other")
        self.assertEqual(absence.state, "requested")
        session = self.make_sessions()
        session.with_user(self.facilitator).action_submit()
        mark = session.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0])
        self.assertEqual(mark.status_id, self.absent)
        with self.assertRaises(AccessError):
            self.rpc(self.facilitator, absence, "action_accept")
        with self.assertRaises(AccessError):
            self.rpc(self.facilitator, absence, "write", {"state": "accepted"})
        self.rpc(self.manager, absence, "action_accept")
        self.assertEqual((mark.status_id.code, mark.reason_id.code), ("excused", "other"))
        self.assertEqual(mark.change_ids.reason, "Announced absence accepted")

    def test_days_that_are_over_are_decided_by_a_manager(self):
        with freeze_time("2025-10-02 12:00:00"):
            self.assertEqual(self.announce().state, "requested")
            self.assertEqual(self.announce(user=self.manager, person=self.people[1]).state, "accepted")

    def test_a_facilitator_cannot_create_an_accepted_one(self):
        self.assertEqual(self.announce("other", state="accepted").state, "requested")

    def test_an_accepted_absence_needs_no_second_decision(self):
        self.rpc(self.manager, self.announce("other"), "action_accept")
        session = self.make_sessions()
        mark = (
            self.env["spp.session.attendance"]
            .with_user(self.facilitator)
            .create(
                {
                    "session_id": session.id,
                    "participant_id": self.people[0].id,
                    "reason_id": self.env.ref("spp_session_tracking.attendance_reason_other").id,
                }
            )
        )
        self.assertEqual(mark.excuse_state, "granted")

    def test_refusing_says_why(self):
        absence = self.announce("other")
        with self.assertRaisesRegex(UserError, "Say why the absence is refused"):
            self.rpc(self.manager, absence, "action_refuse")
        self.rpc(self.manager, absence, "action_refuse", note="Exam day")
        self.assertEqual((absence.state, absence.decision_note), ("refused", "Exam day"))
        with self.assertRaisesRegex(UserError, "nothing to withdraw"):
            self.rpc(self.facilitator, absence, "action_withdraw")

    def test_withdrawn_absences_excuse_nobody(self):
        absence = self.announce()
        self.rpc(self.facilitator, absence, "action_withdraw")
        session = self.make_sessions()
        session.action_submit()
        self.assertEqual(self.codes(session)[self.people[0]], "absent")

    def test_the_child_appears_anyway(self):
        self.announce()
        session = self.make_sessions()
        mark = self.env["spp.session.attendance"].create(
            {"session_id": session.id, "participant_id": self.people[0].id, "status_id": self.present.id}
        )
        session.action_submit()
        self.assertEqual((mark.status_id, mark.is_announced), (self.present, False))

    def test_one_type_only(self):
        other = self.env["spp.session.type"].create({"name": "Other"})
        self.announce(session_type_id=other.id)
        session = self.make_sessions()
        session.action_submit()
        self.assertEqual(self.codes(session)[self.people[0]], "absent")

    def test_announced_means_before_the_start(self):
        self.announce(user=self.manager, announced_at="2025-09-30 22:59:59")
        self.announce(user=self.manager, person=self.people[1], announced_at="2025-09-30 23:00:01")
        session = self.make_sessions()
        session.action_submit()
        announced = session.attendance_ids.filtered("is_announced").participant_id
        self.assertEqual(announced, self.people[0], "the session starts at 06:00 in Jakarta, 23:00 UTC")

    def test_decided_absences_do_not_move(self):
        absence = self.announce()
        with self.assertRaisesRegex(UserError, "withdraw it and announce it anew"):
            self.rpc(self.manager, absence, "write", {"date_to": "2025-12-31"})

    def test_nobody_deletes_and_viewers_read(self):
        absence = self.announce()
        for user in (self.facilitator, self.manager):
            with self.assertRaises(AccessError):
                self.rpc(user, absence, "unlink")
