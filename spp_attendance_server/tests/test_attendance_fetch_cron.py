# Part of the SPP attendance suite. LGPL-3.
"""A fetch by the scheduled action, with its commits: killed workers and concurrent changes lose a chunk at most."""

from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from .server_common import AttendanceServerCase


@tagged("post_install", "-at_install")
class TestFetchCron(AttendanceServerCase):
    """With the commits that the cron makes."""

    commits = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cron = cls.env.ref("spp_attendance_server.ir_cron_fetch_attendance")

    def test_a_worker_that_is_killed_in_the_middle_loses_one_chunk_at_most(self):
        run = self.march._start_attendance_run()
        store = type(run)._store

        def dying(run, *arguments):
            store(run, *arguments)
            if len(self.asked()) >= 3:
                raise MemoryError

        with self.enter_registry_test_mode():
            with patch.object(type(run), "_store", dying), mute_logger("odoo.addons.base.models.ir_cron"):
                self.cron.method_direct_trigger()
            self.assertEqual((run.state, run.fetch_done, len(run.chunk_ids)), ("fetching", 4, 2))
            self.assertEqual(len(self.facts()), 4 * 12, "what the third chunk wrote is not half there")
            self.cron.method_direct_trigger()
        self.assertEqual((run.state, run.compliant_count), ("decided", 9))
        asked = self.asked()
        self.assertEqual(len({tuple(people) for people in asked}), 5)
        for people in asked[:2]:
            self.assertEqual(asked.count(people), 1, "what was stored is not asked for again")

    def test_a_run_met_by_a_concurrent_change_goes_on_later(self):
        run = self.march._start_attendance_run()
        with self.enter_registry_test_mode():
            with patch.object(type(run), "_store", side_effect=SerializationFailure):
                self.cron.method_direct_trigger()
            self.assertEqual((run.state, run.fetch_done), ("fetching", 0))
            self.cron.method_direct_trigger()
        self.assertEqual(run.state, "decided")

    def test_the_cron_takes_a_run_to_its_decision(self):
        run = self.march._start_attendance_run()
        with self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.assertEqual((run.state, run.compliant_count), ("decided", 9))
