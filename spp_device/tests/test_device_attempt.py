# Part of the SPP attendance suite. LGPL-3.
"""Requests of devices that nobody knows."""

from datetime import timedelta

from odoo.tests import TransactionCase, new_test_user, tagged
from odoo.tools import SQL

from odoo.addons.spp_device.models.device_attempt import WINDOW, source_of
from odoo.addons.spp_integrity.tests.common import RemoteCallsMixin


@tagged("post_install", "-at_install")
class TestDeviceAttempt(RemoteCallsMixin, TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.attempts = cls.env["spp.device.attempt"]
        cls.env["ir.config_parameter"].set_param("spp_device.unknown_requests", "3")

    def refused(self, *addresses):
        return [self.attempts._is_refused(address) for address in addresses]

    def test_one_sender_has_one_count(self):
        for address, source in (
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
            ("", "unknown"),
            (None, "unknown"),
            ("unix:", "unix:"),
        ):
            self.assertEqual(source_of(address), source)

    def test_too_many_requests_wait_and_write_nothing(self):
        self.assertEqual(self.refused(*["192.0.2.7"] * 5), [False, False, False, True, True])
        self.assertEqual(self.attempts.search_count([("source", "=", "192.0.2.7")]), 3)

    def test_others_are_not_held_up(self):
        self.refused(*["192.0.2.7"] * 4)
        self.assertEqual(self.refused("192.0.2.8", "192.0.2.7", None), [False, True, False])

    def test_after_the_window_it_may_ask_again(self):
        self.refused(*["192.0.2.7"] * 4)
        self.env.cr.execute(
            SQL("UPDATE spp_device_attempt SET create_date = create_date - %s", WINDOW + timedelta(seconds=1))
        )
        self.attempts.invalidate_model()
        self.assertEqual(self.refused("192.0.2.7"), [False])

    def test_old_attempts_go(self):
        self.refused("192.0.2.7", "192.0.2.7")
        self.env.cr.execute(
            SQL("UPDATE spp_device_attempt SET create_date = create_date - %s", WINDOW + timedelta(seconds=1))
        )
        self.refused("192.0.2.8")
        self.attempts.invalidate_model()
        self.assertEqual(self.attempts._gc_attempts(limit=1), (1, True))
        self.assertEqual(self.attempts._gc_attempts(), (1, False))
        self.assertEqual(self.attempts.search([]).mapped("source"), ["192.0.2.8"])

    def test_nobody_sees_or_makes_them(self):
        self.refused("192.0.2.7")
        attempt = self.attempts.search([("source", "=", "192.0.2.7")])
        for login, group in (("attempt_admin", "base.group_system"), ("attempt_user", "base.group_user")):
            user = new_test_user(self.env, login, group)
            for method, *arguments in (
                ("search_read", [], ["source"]),
                ("create", [{"source": "192.0.2.7"}]),
                ("read", ["source"]),
                ("unlink",),
            ):
                with self.subTest(login=login, method=method):
                    self.assertRefused(user, attempt, method, *arguments)
