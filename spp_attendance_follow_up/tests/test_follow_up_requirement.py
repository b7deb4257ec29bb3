# Part of the SPP attendance suite. LGPL-3.
"""Cases of people who attend less than their session type requires."""

from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.spp_session_tracking.tests.certificates_common import CertificatesCase
from odoo.addons.spp_session_tracking.tests.summary_common import YEAR, SummaryCase


@tagged("post_install", "-at_install")
class TestFollowUpRequirement(SummaryCase):
    def call(self, user, rows):
        action = self.rpc(user, rows, "action_open_follow_ups", context=YEAR)
        self.env.invalidate_all()
        return self.env["spp.attendance.follow.up"].search(action["domain"])

    def test_opening_follow_ups_for_a_selection_and_for_all(self):
        cases = self.call(self.manager, self.rows()[:3])
        self.assertEqual(cases.partner_id, self.people[2])
        self.assertEqual(
            (cases.kind, cases.state, cases.rate, cases.session_count, cases.responsible_id),
            ("below_requirement", "open", 70, 10, self.facilitator),
        )
        self.assertEqual(
            cases.explanation, "Attendance is 70.00 % of 10 sessions from 10/01/2025 to 10/10/2025; 80 % is required."
        )
        everybody = self.call(self.manager, self.env["spp.attendance.summary"])
        self.assertEqual(everybody.partner_id.sorted("id"), self.people[2:])
        self.assertIn(cases, everybody)
        self.assertEqual(self.call(self.manager, self.env["spp.attendance.summary"]), everybody, "twice is once")

    def test_a_case_that_somebody_closed_stays_closed_in_its_period(self):
        case = self.call(self.manager, self.rows()[2])
        case.with_user(self.manager).action_dismiss()
        self.call(self.manager, self.env["spp.attendance.summary"])
        cases = self.env["spp.attendance.follow.up"].search(
            [("partner_id", "=", self.people[2].id), ("kind", "=", "below_requirement")]
        )
        self.assertEqual(cases, case)
        follow_ups = self.env["spp.attendance.follow.up"]
        follow_ups._open_requirement(date(2025, 10, 1), date(2025, 10, 31), self.people[2])
        self.assertEqual(
            len(
                follow_ups.search(
                    [("partner_id", "=", self.people[2].id), ("state", "=", "open"), ("kind", "=", "below_requirement")]
                )
            ),
            1,
        )

    def test_the_case_closes_when_the_requirement_is_met(self):
        case = self.call(self.manager, self.rows()[2])
        self.assertEqual(case.rate, 70)
        missed = self.sessions.attendance_ids.filtered(
            lambda mark: mark.participant_id == self.people[2] and not mark.is_attended
        )
        missed[0].write({"status_id": self.env["spp.attendance.status"]._by_code("partial").id})
        self.assertEqual((case.state, case.rate), ("open", 75))
        missed[0].write({"status_id": self.present.id})
        self.assertEqual((case.state, case.closed_by_id.id), ("done", False))

    def test_only_managers_open_follow_ups(self):
        for user in (self.viewer, self.facilitator):
            with self.assertRaisesRegex(AccessError, "Only a session manager opens follow-ups"):
                self.call(user, self.rows())
        self.assertFalse(self.env["spp.attendance.follow.up"].search([("kind", "=", "below_requirement")]))

    def test_the_weekly_cron(self):
        self.env["spp.session.term"].create(
            {"name": "Long year", "kind": "year", "date_from": "2025-09-01", "date_to": "2026-02-28"}
        )
        self.env.flush_all()
        with self.enter_registry_test_mode(), freeze_time("2026-02-10 12:00:00"):
            for _again in range(2):
                self.env.ref("spp_attendance_follow_up.ir_cron_below_requirement").method_direct_trigger()
        self.env.invalidate_all()
        cases = self.env["spp.attendance.follow.up"].search(
            [("kind", "=", "below_requirement"), ("partner_id", "in", self.people.ids)]
        )
        self.assertEqual(cases.partner_id.sorted("id"), self.people[2:])
        self.assertEqual(set(cases.mapped("period_from")), {date(2025, 9, 1)})


@tagged("post_install", "-at_install")
class TestFollowUpCertificates(CertificatesCase):
    def cases(self, **values):
        cases = self.env["spp.attendance.follow.up"].search([("partner_id", "=", self.person.id)])
        return cases.filtered(lambda case: all(case[name] == value for name, value in values.items()))

    def test_the_follow_up_closes_itself_when_the_certificate_comes(self):
        self.session_type.required_attendance_percentage = 80
        self.run_cron("2025-10-12 10:00:00")
        self.env["spp.attendance.follow.up"]._open_requirement(date(2025, 1, 1), date(2025, 12, 31), self.person)
        case = self.cases(kind="below_requirement")
        self.assertEqual((case.state, case.rate), ("open", 50.0))
        with freeze_time("2025-10-12 12:00:00"):
            self.sessions.with_user(self.manager).action_unlock(4, "Certificates came by post")
            self.rpc(self.manager, self.ill, "action_certificate_received")
        self.assertEqual((case.state, case.closed_by_id.id), ("done", False))
