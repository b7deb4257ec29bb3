# Part of the SPP attendance suite. LGPL-3.
"""A fetch by jobs: one at a time, each leaving the rest to the next, and none lost when one fails."""

from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_attendance_server.models import attendance_compliance_run_fetch as fetch_module

from .server_common import AttendanceServerCase


@tagged("post_install", "-at_install")
class TestFetchJobs(AttendanceServerCase):
    """Asking servers as jobs, with the transactions that these make."""

    commits = True
    has_jobs = True

    def setUp(self):
        super().setUp()
        self.runs = self.env["spp.attendance.compliance.run"]
        if "queue.job" not in self.env:
            self.skipTest("jobs need a job runner: install queue_job")
        self.assertTrue(self.env["spp.run.later"]._has_job_runner())

    def jobs(self, run):
        return self.env["queue.job"].search([("identity_key", "=like", f"spp-attendance-fetch-{run.id}-%")], order="id")

    def cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("spp_attendance_server.ir_cron_fetch_attendance").method_direct_trigger()

    def work(self, run, part=0):
        """What the job runner does."""
        with self.enter_registry_test_mode():
            result = run._job_fetch(part)
        self.env.invalidate_all()
        return result

    def work_that_ends_badly(self, run):
        """The error that a job ends with; `assertRaises` would undo what was committed before."""
        try:
            self.work(run)
        except (MemoryError, SerializationFailure) as error:
            self.env.invalidate_all()
            return error
        return None

    def test_a_run_is_one_job_however_often_it_is_started(self):
        run = self.march._start_attendance_run()
        self.assertEqual(self.march._start_attendance_run(), run)
        run._delay_fetch()
        self.assertEqual(self.jobs(run).mapped("state"), ["pending"])
        self.assertEqual(self.jobs(run).method_name, "_job_fetch")
        self.cron()
        self.assertEqual(len(self.jobs(run)), 1)
        self.assertEqual((run.state, self.server.requests()), ("fetching", []), "the cron leaves the work to the job")

    def test_a_job_takes_a_run_to_its_decision_with_one_token(self):
        run = self.march._start_attendance_run()
        self.work(run)
        self.assertEqual((run.state, run.compliant_count, run.fetch_progress), ("decided", 9, 100))
        self.assertEqual([len(people) for people in self.asked()], [2, 2, 2, 2, 1])
        self.assertEqual(len(self.server.requests("/auth/token")), 1)
        self.assertEqual(len(self.jobs(run)), 1, "no job is left over")
        self.server.forget_requests()
        self.work(run)
        self.assertFalse(self.server.requests(), "a job that comes too late does nothing")

    def test_each_job_leaves_the_rest_to_the_next_one(self):
        with patch.object(fetch_module, "_JOB_SECONDS", 0):
            run = self.march._start_attendance_run()
            self.work(run)
            self.assertEqual((run.state, run.fetch_done, run.fetch_progress), ("fetching", 2, 100 * 2 / 9))
            self.assertEqual(
                self.jobs(run).mapped("identity_key"), [f"spp-attendance-fetch-{run.id}-{part}" for part in (0, 1)]
            )
            for part in range(1, 6):
                self.work(run, part)
        self.assertEqual((run.state, run.compliant_count), ("decided", 9))
        self.assertEqual(len(self.jobs(run)), 6, "five chunks and the decision")
        self.assertEqual(len(self.server.requests("/attendance/types")), 1, "the lists are read once in a run")

    def test_a_server_that_dies_stops_the_run_which_goes_on_from_there(self):
        self.server.faults({"path": "/attendances", "skip": 3, "die": True})
        run = self.march._start_attendance_run()
        self.work(run)
        self.assertEqual((run.state, run.fetch_done), ("failed", 6))
        self.assertFalse(run.decision_ids)
        self.jobs(run).state = "done"
        self.cron()
        self.assertEqual(len(self.jobs(run)), 1, "a stopped run waits for a person")
        self.restart_double()
        run.with_user(self.officer).action_continue()
        self.assertEqual(self.jobs(run).mapped("state"), ["done", "pending"])
        self.work(run)
        self.assertEqual((run.state, run.compliant_count), ("decided", 9))
        self.assertEqual([len(people) for people in self.asked()], [2, 1], "the first six are not asked about again")

    def test_a_killed_worker_loses_one_chunk_and_the_cron_sees_to_a_new_job(self):
        run = self.march._start_attendance_run()
        store = type(run)._store

        def dying(run, *arguments):
            store(run, *arguments)
            if len(self.asked()) >= 3:
                raise MemoryError

        with patch.object(type(run), "_store", dying):
            self.assertIsInstance(self.work_that_ends_badly(run), MemoryError)
        self.assertEqual((run.state, run.fetch_done, len(self.facts())), ("fetching", 4, 4 * 12))
        self.jobs(run).state = "cancelled"
        self.cron()
        self.assertEqual(self.jobs(run).mapped("state"), ["cancelled", "pending"])
        self.work(run)
        self.assertEqual((run.state, run.compliant_count), ("decided", 9))
        for people in self.asked()[:2]:
            self.assertEqual(self.asked().count(people), 1, "what was stored is not asked for again")

    def test_a_job_that_failed_stops_the_run_with_a_sentence(self):
        run = self.march._start_attendance_run()
        self.jobs(run).state = "failed"
        self.cron()
        self.assertEqual(run.state, "failed")
        self.assertIn("look at the job queue", run.fetch_error)
        run.action_continue()
        self.assertEqual(self.jobs(run).mapped("state"), ["failed", "pending"])
        self.cron()
        self.assertEqual(run.state, "fetching", "the new job counts, not the failed one")

    def test_the_cron_works_where_no_job_gets_on(self):
        run = self.march._start_attendance_run()
        with patch.object(fetch_module, "_STALLED", -timedelta(seconds=1)):
            self.cron()
        self.assertEqual((run.state, run.compliant_count), ("decided", 9))
        self.assertEqual(len(self.jobs(run)), 1)
        asked = self.asked()
        self.work(run)
        self.assertEqual(self.asked(), asked, "the job that comes at last does not ask again")

    def test_two_workers_do_not_ask_twice(self):
        run = self.march._start_attendance_run()
        with patch.object(type(run), "_take_turn", lambda run: False):
            self.work(run)
        self.assertEqual((run.state, self.asked()), ("fetching", []))
        self.assertEqual(len(self.jobs(run)), 1)

    @mute_logger("odoo.sql_db")
    def test_a_concurrent_change_is_left_to_the_job_runner_to_try_again(self):
        run = self.march._start_attendance_run()
        with patch.object(type(run), "_store", side_effect=SerializationFailure):
            self.assertIsInstance(self.work_that_ends_badly(run), SerializationFailure)
        self.assertEqual((run.state, run.fetch_done), ("fetching", 0))
        self.work(run)
        self.assertEqual(run.state, "decided")
