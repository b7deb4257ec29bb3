# Part of the SPP attendance suite. LGPL-3.
"""What a run counts and decides, what applying it writes, and what it leaves alone."""

from unittest.mock import patch

from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestComplianceRun(AttendanceComplianceCase):
    def states(self):
        self.memberships.invalidate_recordset()
        return self.memberships.mapped("state")

    def test_dry_run_changes_no_membership(self):
        self.attend(self.people[0], 5)
        self.sessions.action_submit()
        run = self.decide()
        self.assertEqual((run.compliant_count, run.non_compliant_count, run.unknown_count), (1, 4, 0))
        self.assertEqual(self.states(), ["enrolled"] * 5)
        self.assertFalse(self.cycle.compliance_criteria_applied)

    def test_apply_writes_state_and_count(self):
        self.attend_and_submit(5, 4, 3, 0, 0)
        run = self.decide()
        run.action_apply()
        self.assertEqual(self.states(), ["enrolled", "enrolled", "non_compliant", "non_compliant", "non_compliant"])
        self.assertEqual(self.memberships.mapped("number_of_attendance"), [5, 4, 3, 0, 0])
        self.assertTrue(self.cycle.compliance_criteria_applied)
        self.assertEqual(
            self.memberships[2].attendance_explanation, "Attended 3 of 5 sessions (60.00 %); 80 % are required."
        )
        self.assertEqual(self.cycle.members_count, 2)

    def test_applying_twice_changes_nothing(self):
        self.sessions.action_submit()
        run = self.decide()
        run.action_apply()
        before = (run.applied_at, self.memberships.mapped("write_date"))
        run.action_apply()
        self.assertEqual((run.applied_at, self.memberships.mapped("write_date")), before)

    def test_tie_is_a_pass_and_a_hair_below_is_not(self):
        self.attend(self.people[0], 4)
        self.sessions.action_submit()
        for threshold, result in ((80, "compliant"), (80.01, "non_compliant"), (79.99, "compliant")):
            self.cycle.attendance_threshold = threshold
            self.assertEqual(self.decision(self.decide(), self.people[0]).result, result, threshold)

    def test_thirds_are_compared_exactly(self):
        self.attend(self.people[0], 2, sessions=self.sessions[:3])
        self.sessions[:3].action_submit()
        for threshold, result in ((66.66, "compliant"), (66.67, "non_compliant")):
            self.cycle.attendance_threshold = threshold
            self.assertEqual(self.decision(self.decide(), self.people[0]).result, result, threshold)

    def test_excused_leaves_the_denominator(self):
        self.attend(self.people[0], 4)
        self.attend(self.people[1], 1, "excused")
        self.attend(self.people[1], 3, sessions=self.sessions[1:])
        self.sessions.action_submit()
        run = self.decide()
        self.assertEqual(self.decision(run, self.people[1]).expected, 4)
        self.assertEqual(self.decision(run, self.people[1]).result, "non_compliant", "3 of 4 is 75 %")

    def test_somebody_of_whom_nothing_was_expected_is_unknown_and_stays(self):
        outsider = self.env["res.partner"].create({"name": "Outsider", "is_registrant": True})
        membership = self.env["spp.cycle.membership"].create(
            {"cycle_id": self.cycle.id, "partner_id": outsider.id, "state": "enrolled"}
        )
        excused = self.people[4]
        self.attend(excused, 5, "excused")
        self.sessions.action_submit()
        run = self.decide()
        for person in (outsider, excused):
            self.assertEqual(self.decision(run, person).result, "unknown")
            self.assertIn("nothing is known", self.decision(run, person).explanation)
        run.action_apply()
        membership.invalidate_recordset()
        self.assertEqual(membership.state, "enrolled")
        self.assertEqual(self.memberships[4].state, "enrolled")

    def test_paused_and_exited_people_stay(self):
        states = ["paused", "exited", "not_eligible", "draft", "non_compliant"]
        for membership, state, person in zip(self.memberships, states, self.people, strict=True):
            membership.state = state
            self.attend(person, 5)
        self.sessions.action_submit()
        self.decide().action_apply()
        self.assertEqual(self.states(), ["paused", "exited", "not_eligible", "enrolled", "enrolled"])

    def test_two_sessions_on_a_day_are_two_sessions_and_one_day(self):
        evening = self.roster.copy({"name": "Evening", "membership_ids": []})
        self.env["spp.session.roster.membership"].create(
            {"roster_id": evening.id, "partner_id": self.people[0].id, "date_from": "2025-10-01"}
        )
        second = evening.generate_sessions("2025-10-01", "2025-10-01", 18.0, 20.0)
        self.attend(self.people[0], 1)
        self.attend(self.people[0], 1, sessions=second)
        (self.sessions | second).action_submit()
        for measure, counted in (("sessions", 2), ("days", 1)):
            self.cycle.write({"attendance_measure": measure, "attendance_threshold": 2})
            decision = self.decision(self.decide(), self.people[0])
            self.assertEqual((decision.counted, decision.result == "compliant"), (counted, counted == 2), measure)

    def test_only_the_window_counts(self):
        self.attend(self.people[0], 5)
        self.sessions.action_submit()
        self.cycle.write({"attendance_from": "2025-10-02", "attendance_to": "2025-10-04"})
        self.assertEqual(self.decision(self.decide(), self.people[0]).counted, 3)

    def test_only_the_locations_count(self):
        south = self.roster.copy({"name": "South", "location": "South", "membership_ids": []})
        self.env["spp.session.roster.membership"].create(
            [{"roster_id": south.id, "partner_id": person.id, "date_from": "2025-10-01"} for person in self.people]
        )
        at_south = south.generate_sessions("2025-10-01", "2025-10-05", 6.0, 8.0)
        self.attend(self.people[0], 5, sessions=at_south)
        self.attend(self.people[1], 5)
        (self.sessions | at_south).action_submit()
        places = self.env["spp.event.attendance.location"]
        for name, compliant in (("South", self.people[0]), ("North", self.people[1])):
            self.cycle.attendance_location_ids = [Command.set(places.search([("name", "=", name)]).ids)]
            run = self.decide()
            self.assertEqual(run.decision_ids.filtered(lambda d: d.result == "compliant").partner_id, compliant, name)

    def test_correction_before_the_run_is_counted(self):
        self.attend(self.people[0], 3)
        self.sessions.action_submit()
        self.assertEqual(self.decision(self.decide(), self.people[0]).result, "non_compliant")
        self.sessions[3].attendance_ids.filtered(
            lambda mark: mark.participant_id == self.people[0]
        ).status_id = self.env["spp.attendance.status"]._by_code("late")
        self.assertEqual(self.decision(self.decide(), self.people[0]).result, "compliant")

    def test_an_older_run_cannot_be_applied(self):
        self.sessions.action_submit()
        older = self.decide()
        self.decide()
        with self.assertRaisesRegex(UserError, "newer run"):
            older.action_apply()

    def test_approved_cycles_are_closed_to_it(self):
        self.sessions.action_submit()
        run = self.decide()
        self.cycle.state = "approved"
        with self.assertRaisesRegex(UserError, "approved or over"):
            run.action_apply()
        with self.assertRaisesRegex(UserError, "approved or over"):
            self.decide()
        self.assertEqual(self.states(), ["enrolled"] * 5)

    def test_window_and_percentage_make_sense(self):
        for vals in (
            {"attendance_from": "2025-10-05", "attendance_to": "2025-10-04"},
            {"attendance_threshold": 100.5},
            {"attendance_threshold": -1},
        ):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                self.cycle.write(vals)
                self.cycle.flush_recordset()

    def run_cron(self, job_runner=True):
        """Run the scheduled action; with a job runner the job is done at once."""
        cycles = type(self.env["spp.cycle"])
        with (
            self.enter_registry_test_mode(),
            patch.object(cycles, "with_delay", lambda self, **kwargs: self, create=True),
            patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda self: job_runner),
        ):
            self.env.ref("spp_attendance_compliance.ir_cron_filter_by_attendance").method_direct_trigger()
        self.env.invalidate_all()

    def test_cron_works_without_a_job_runner(self):
        self.attend(self.people[0], 5)
        self.sessions.action_submit()
        self.run_cron(job_runner=False)
        self.assertEqual(self.states(), ["enrolled"] + ["non_compliant"] * 4)

    def test_job_that_comes_second_does_nothing(self):
        self.sessions.action_submit()
        self.assertEqual(self.cycle._job_filter_by_attendance(), "0 compliant, 5 not, 0 unknown")
        self.assertEqual(self.cycle._job_filter_by_attendance(), "nothing to do")

    def test_rows_that_came_in_a_moment_ago_are_not_compared_each_with_each(self):
        self.attend(self.people[0], 5)
        self.sessions.action_submit()
        self.decide()
        run = self.decide()
        query = run._decision_query(None)
        with run._joins_of_many_rows():
            plan = self.env.execute_query(SQL("EXPLAIN %s", query))
        self.assertNotIn("Nested Loop", "\n".join(line for (line,) in plan))
        self.assertEqual(self.env.execute_query(SQL("SHOW enable_nestloop")), [("on",)])
