# Part of the SPP attendance suite. LGPL-3.
"""The table of other thresholds says what runs with these would decide."""

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestWhatIf(AttendanceComplianceCase):
    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 2, 0)

    def table(self, run, user=None):
        action = self.rpc(user or self.officer, run, "action_what_if")
        return self.env[action["res_model"]].browse(action["res_id"])

    def numbers(self, run):
        return {line.threshold: (line.compliant_count, line.non_compliant_count) for line in self.table(run).line_ids}

    def test_percentages_around_the_present_one(self):
        self.join(self.cycle, self.make_people("Outsider"))
        run = self.decide()
        table = self.table(run)
        self.assertEqual(table.line_ids.mapped("threshold"), [60, 65, 70, 75, 80, 85, 90, 95, 100])
        self.assertEqual(set(table.line_ids.mapped("unknown_count")), {1})
        self.assertEqual(
            [(line.compliant_count, line.compliant_difference) for line in table.line_ids],
            [(3, 1)] + [(2, 0)] * 4 + [(1, -1)] * 4,
        )
        present = table.line_ids.filtered("is_present")
        self.assertEqual(
            (present.threshold, present.compliant_count, present.non_compliant_count),
            (80, run.compliant_count, run.non_compliant_count),
        )
        self.assertEqual(set(self.memberships.mapped("state")), {"enrolled"})
        self.assertEqual(len(run.decision_ids), 6, "what is tried out leaves no decision")

    def test_every_row_is_what_a_run_with_that_threshold_decides(self):
        """Five people attend 5, 4, 3, 2 and none of five sessions: how many reach each threshold."""
        for measure, present, reached in (
            ("sessions", 3, {0: 5, 1: 4, 2: 4, 3: 3, 4: 2, 5: 1, 6: 0, 7: 0}),
            ("days", 1, {0: 5, 1: 4, 2: 4, 3: 3, 4: 2, 5: 1}),
            ("percentage", 50, {30: 4, 35: 4, 40: 4, 45: 3, 50: 3, 55: 3, 60: 3, 65: 2, 70: 2}),
        ):
            self.cycle.write({"attendance_measure": measure, "attendance_threshold": present})
            expected = {threshold: (count, 5 - count) for threshold, count in reached.items()}
            self.assertEqual(self.numbers(self.decide()), expected, measure)
            for threshold, counts in expected.items():
                self.cycle.attendance_threshold = threshold
                run = self.decide()
                self.assertEqual((run.compliant_count, run.non_compliant_count), counts, f"{measure} {threshold}")

    def test_groups(self):
        cycle = self.make_attendance_cycle(
            self.make_program("Families", target_type="group"),
            self.make_household(self.people),
            attendance_group_rule="percentage",
            attendance_group_percentage=60,
            attendance_threshold=70,
        )
        run = self.decide(cycle)
        self.assertEqual((run.decision_ids.counted, run.decision_ids.required), (2, 3))
        self.assertEqual(
            self.numbers(run), {50: (1, 0), 55: (1, 0), 60: (1, 0), **{at: (0, 1) for at in (65, 70, 75, 80, 85, 90)}}
        )
        self.assertEqual(len(run.assessment_ids), 5, "what is tried out leaves no assessment")

    def test_one_query_whatever_the_thresholds(self):
        run = self.decide().sudo()
        counts = []
        for thresholds in ([80], [60, 70, 80, 90, 100]):
            run._count_at(thresholds)
            before = self.cr.sql_log_count
            run._count_at(thresholds)
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_roles(self):
        run = self.decide()
        facilitator = self.make_user("teacher", "spp_session_tracking.group_session_manager")
        for user in (self.viewer, facilitator):
            with self.assertRaises(AccessError):
                self.table(run, user)
        table = self.table(run, self.manager)
        line = table.line_ids[0]
        with self.assertRaises(AccessError):
            self.rpc(self.manager, line, "write", {"compliant_count": 9})
