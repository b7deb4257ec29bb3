# Part of the SPP attendance suite. LGPL-3.
"""A server dies in the middle: no decision and no membership changes, with both generations of servers."""

from odoo.exceptions import UserError
from odoo.tests import tagged

from .server_common import AttendanceServerCase


class FaultMixin:
    """A server that dies on page 7 of 9: what was answered is in the ledger, nobody is decided about, and it goes on."""

    page_size = 1

    def all_that_matters(self):
        """What a run that fails must leave as it was."""
        self.env.invalidate_all()
        members = self.march.cycle_membership_ids
        return (
            members.mapped("state"),
            members.mapped("number_of_attendance"),
            members.attendance_decision_id,
            self.march.compliance_criteria_applied,
            self.march.state,
        )

    def die_on_page(self, number):
        self.addCleanup(self.restart_double)
        self.server.faults({"path": "/attendances", "skip": number - 1, "die": True})

    def test_server_dies_on_page_7_of_9(self):
        before = self.all_that_matters()
        self.die_on_page(7)
        run = self.run_fetched()
        self.assertEqual((run.state, run.fetch_done, run.fetch_total), ("failed", 6, 9))
        self.assertEqual(len(self.facts()), 6 * 12, "six whole answers, nothing of the seventh")
        self.assertEqual(self.facts().partner_id, self.children[:6])
        self.assertFalse(run.decision_ids or run.assessment_ids)
        for action in (run.action_apply, run.action_approve, run.action_what_if):
            with self.assertRaisesRegex(UserError, "decided nothing"):
                action()
        with self.assertRaisesRegex(UserError, "nothing to take back"):
            run.action_revert()
        self.assertEqual(self.all_that_matters(), before)
        self.restart_double()
        self.server.forget_requests()
        self.assertEqual(self.march._start_attendance_run(), run, "starting again goes on")
        self.fetch()
        self.assertEqual(self.asked(), [["NID-000006"], ["NID-000007"], ["NID-000008"]])
        self.assertEqual((run.state, run.compliant_count), ("decided", 9))
        self.assertEqual(len(self.facts()), 9 * 12)
        self.assertEqual(self.all_that_matters(), before)

    def test_a_run_that_applies_itself_applies_nothing_when_the_server_dies(self):
        before = self.all_that_matters()
        self.startPatch(self.march, "_attendance_is_due", lambda cycle: True)
        self.die_on_page(7)
        self.march._job_filter_by_attendance()
        self.fetch()
        self.assertEqual(self.march.attendance_run_ids.state, "failed")
        self.assertEqual(self.all_that_matters(), before)

    def test_an_officer_who_decides_without_answers_applies_nothing(self):
        """Not even where the run was to be applied by itself: that was meant for one with all answers."""
        before = self.all_that_matters()
        self.startPatch(self.march, "_attendance_is_due", lambda cycle: True)
        self.server.faults({"path": "/attendances", "skip": 6, "status": 500})
        self.march._job_filter_by_attendance()
        self.fetch()
        run = self.march.attendance_run_ids
        self.rpc(self.officer, run, "action_decide_without_answers")
        self.assertEqual((run.state, run.compliant_count, run.unknown_count), ("decided", 6, 3))
        self.assertEqual(self.all_that_matters(), before)

    def test_an_applied_run_stays_when_the_next_one_fails(self):
        first = self.run_fetched()
        first.action_apply()
        before = self.all_that_matters()
        self.server.faults({"path": "/attendances", "skip": 6, "status": 500})
        second = self.run_fetched()
        self.assertEqual((first.state, second.state), ("applied", "failed"))
        self.assertEqual(self.all_that_matters(), before)
        self.assertEqual(len(self.facts().filtered(lambda fact: fact.state == "active")), 9 * 12)


@tagged("post_install", "-at_install")
class TestAttendanceFaultsS1(FaultMixin, AttendanceServerCase):
    generation = "S1"


@tagged("post_install", "-at_install")
class TestAttendanceFaultsS2(FaultMixin, AttendanceServerCase):
    generation = "S2"
