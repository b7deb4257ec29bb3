# Part of the SPP attendance suite. LGPL-3.
"""A percentage is asked of those servers only that say who was expected."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .server_common import AttendanceServerCase


class PercentageCase(AttendanceServerCase):
    """A percentage of the expected sessions needs a server that says which ones were expected."""

    people_count = 2

    def measure_by_percentage(self):
        self.march.write({"attendance_measure": "percentage", "attendance_threshold": 80})

    def add_to_cycle(self, name, identifier):
        child = self.env["res.partner"].create({"name": name, "is_registrant": True})
        self.identify(child, [identifier])
        self.env["spp.cycle.membership"].create(
            {"cycle_id": self.march.id, "partner_id": child.id, "state": "enrolled"}
        )
        return child


@tagged("post_install", "-at_install")
class TestPercentageS2(PercentageCase):
    def test_a_server_of_presences_only_cannot_be_chosen(self):
        with self.assertRaises(ValidationError) as refused:
            self.measure_by_percentage()
        self.assertIn("North lists presences only", str(refused.exception))
        with self.assertRaises(ValidationError):
            self.school.write(
                {
                    "attendance_required": True,
                    "attendance_measure": "percentage",
                    "attendance_source_ids": self.source.ids,
                }
            )
        self.march.attendance_required = False
        self.measure_by_percentage()
        self.assertEqual(self.march.attendance_measure, "percentage", "nothing is asked for")

    def test_nor_counted_where_all_sources_count(self):
        self.march.attendance_source_ids = False
        self.measure_by_percentage()
        with self.assertRaisesRegex(UserError, "North lists presences only"):
            self.march._start_attendance_run()
        self.assertFalse(self.server.requests())
        self.runs = self.env["spp.attendance.compliance.run"]
        self.assertFalse(self.runs.search([("cycle_id", "=", self.march.id), ("state", "=", "fetching")]))

    def test_own_sessions_know_who_was_expected(self):
        self.march.attendance_source_ids = self.env.ref("spp_attendance_compliance.attendance_source_session")
        self.measure_by_percentage()
        self.assertEqual(self.march._start_attendance_run().state, "decided")

    def test_a_server_that_lists_absences_is_counted(self):
        self.source.lists_absences = True
        self.measure_by_percentage()
        mixed, away, never = (self.add_to_cycle(name, name) for name in ("MIXED", "AWAY", "NEVER"))
        run = self.run_fetched()
        decision = self.decision(run, mixed)
        self.assertEqual((decision.counted, decision.expected, decision.result), (2, 3, "non_compliant"))
        self.assertEqual(self.decision(run, away).result, "non_compliant")
        self.assertEqual(
            (self.decision(run, never).result, self.decision(run, never).reason), ("unknown", "nothing_expected")
        )
        self.assertEqual(self.decision(run, self.children[0]).result, "compliant")

    def test_the_ledger_is_kept_fresh_whatever_is_measured(self):
        self.march.attendance_source_ids = False
        self.measure_by_percentage()
        run = self.env["spp.attendance.compliance.run"].create(
            {"cycle_id": self.march.id, "criteria": self.march._attendance_criteria(), "is_refresh": True}
        )
        run._start()
        self.assertEqual(run.state, "fetching")


@tagged("post_install", "-at_install")
class TestPercentageS1(PercentageCase):
    generation = "S1"

    def test_the_connection_test_knows_that_this_generation_lists_no_absences(self):
        self.source.lists_absences = True
        shown = self.source.with_user(self.manager).action_test_connection()["params"]
        self.assertEqual(shown["type"], "danger")
        self.assertIn("lists presences only", shown["message"])
        self.assertFalse(self.source.lists_absences)
        self.assertEqual(self.source.action_test_connection()["params"]["type"], "success")
