# Part of the SPP attendance suite. LGPL-3.
"""Work handed to a job runner, or left to a scheduled action."""

from unittest.mock import patch

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestRunLater(TransactionCase):
    def test_without_job_runner_the_scheduled_action_wakes_up(self):
        later = self.env["spp.run.later"]
        cron = self.env.ref("base.autovacuum_job")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])
        with patch.object(type(later), "_has_job_runner", lambda self: False):
            done = later._enqueue(self.env.user, "mapped", "login", identity_key="spp-test", cron="base.autovacuum_job")
        self.assertFalse(done)
        self.assertEqual(self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)]), before + 1)

    def test_with_job_runner(self):
        calls = []

        class Delayed:
            def mapped(self, *args):
                calls.append(args)

        def with_delay(records, **options):
            calls.append((records, options))
            return Delayed()

        later, user = self.env["spp.run.later"], self.env.user
        with (
            patch.object(type(later), "_has_job_runner", lambda self: True),
            patch.object(type(user), "with_delay", with_delay, create=True),
        ):
            self.assertTrue(later._enqueue(user, "mapped", "login", identity_key="spp-test", description="Test"))
        options = {"identity_key": "spp-test", "description": "Test"}
        self.assertEqual(calls, [(user, options), ("login",)])
