# Part of the SPP attendance suite. LGPL-3.
"""Certificates that are pending, missed or received, and what each of them does to the rate."""

from datetime import date
from decimal import Decimal

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .certificates_common import CertificatesCase


@tagged("post_install", "-at_install")
class TestCertificates(CertificatesCase):
    def rate(self):
        return self.env["spp.attendance.statistics"].rate(self.person)[self.person.id]

    def test_pending_missed_received(self):
        self.assertEqual(self.ill.mapped("certificate_state"), ["pending", "pending"])
        self.assertEqual(self.ill.mapped("certificate_due_date"), [date(2025, 10, 10), date(2025, 10, 11)])
        self.assertEqual(self.rate(), Decimal(100), "2 of 2: illness is out of the denominator")

        self.run_cron("2025-10-11 10:00:00")
        self.assertEqual(self.ill.mapped("certificate_state"), ["missed", "pending"])
        self.assertEqual(self.ill[0].status_id.code, "absent")
        self.assertEqual(self.rate(), Decimal("66.67"), "2 of 3")

        self.run_cron("2025-10-12 10:00:00")
        self.assertEqual(self.ill.mapped("certificate_state"), ["missed", "missed"])
        self.assertEqual(self.rate(), Decimal(50))
        self.run_cron("2025-10-12 11:00:00")
        self.assertEqual(len(self.ill.change_ids), 2, "once is enough")

        with freeze_time("2025-10-04 12:00:00"):
            self.rpc(self.manager, self.ill[0], "action_certificate_received")
        self.assertEqual(
            (self.ill[0].status_id.code, self.ill[0].certificate_state, self.ill[0].excuse_state),
            ("medical", "received", "granted"),
        )
        self.assertEqual(self.rate(), Decimal("66.67"))

    def test_the_day_is_over_where_the_session_takes_place(self):
        # the 10th ends in Jakarta at 17:00 UTC
        self.run_cron("2025-10-10 16:59:59")
        self.assertEqual(self.ill[0].certificate_state, "pending")
        self.run_cron("2025-10-10 17:00:00")
        self.assertEqual(self.ill[0].certificate_state, "missed")

    def test_west_of_greenwich_the_day_ends_later(self):
        self.sessions.tz = "America/Lima"  # UTC-5
        self.run_cron("2025-10-11 04:59:59")
        self.assertEqual(self.ill[0].certificate_state, "pending")
        self.run_cron("2025-10-11 05:00:00")
        self.assertEqual(self.ill[0].certificate_state, "missed")

    def test_the_system_writes_to_locked_registers_and_leaves_a_line_in_the_log(self):
        with freeze_time("2025-10-12 10:00:00"):
            self.assertTrue(all(session.is_locked for session in self.sessions))
        self.run_cron("2025-10-12 10:00:00")
        line = self.ill[0].change_ids
        self.assertEqual(
            (line.old_status_id.code, line.new_status_id.code, line.reason),
            ("medical", "absent", "The certificate did not come in time"),
        )

    def test_batches(self):
        cron = self.env.ref("spp_session_tracking.ir_cron_miss_certificates")
        cron.code = "model._cron_miss_certificates(batch_size=1)"
        self.run_cron("2025-10-20 10:00:00")
        self.assertEqual(self.ill.mapped("certificate_state"), ["missed", "missed"])

    def test_cancelled_sessions_are_left_alone(self):
        planned = self.make_sessions(date(2025, 10, 5), date(2025, 10, 5))
        mark = self.mark(planned, self.person, "medical")
        planned.action_cancel()
        self.run_cron("2025-11-20 10:00:00")
        self.assertEqual(mark.certificate_state, "pending")

    def test_a_pending_certificate_of_a_register_not_submitted_yet(self):
        planned = self.make_sessions(date(2025, 10, 5), date(2025, 10, 5))
        mark = self.mark(planned, self.person, "medical")
        self.run_cron("2025-11-20 10:00:00")
        self.assertEqual((mark.certificate_state, mark.status_id.code), ("missed", "absent"))
        self.assertFalse(mark.change_ids, "nothing was submitted")

    def test_who_may_take_a_certificate(self):
        with freeze_time("2025-10-04 12:00:00"):
            for user in (self.viewer, self.other_facilitator):
                with self.assertRaises(AccessError):
                    self.rpc(user, self.ill[0], "action_certificate_received")
            self.rpc(self.facilitator, self.ill[0], "action_certificate_received")
        self.assertEqual(self.ill[0].certificate_state, "received")
        self.run_cron("2025-10-12 10:00:00")
        self.assertEqual(self.ill[0].status_id.code, "medical")
        with freeze_time("2025-10-04 12:00:00"), self.assertRaisesRegex(AccessError, "Only a session manager"):
            self.rpc(self.facilitator, self.ill[1], "action_certificate_received")
