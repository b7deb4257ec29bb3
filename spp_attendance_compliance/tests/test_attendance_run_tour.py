# Part of the SPP attendance suite. LGPL-3.
"""A cycle is filtered by attendance in the browser, and a decision about a household traced to its events."""

from odoo.tests import HttpCase, tagged

from .common import AttendanceComplianceMixin


@tagged("post_install", "-at_install")
class TestAttendanceRunTour(AttendanceComplianceMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_compliance()
        cls.outsider = cls.env["res.partner"].create({"name": "Outsider", "is_registrant": True})
        cls.env["spp.cycle.membership"].create(
            {"cycle_id": cls.cycle.id, "partner_id": cls.outsider.id, "state": "enrolled"}
        )
        cls.second_manager = cls.make_user("second", "spp_programs.group_programs_manager")

    def setUp(self):
        super().setUp()
        self.attend(self.people[0], 5)
        self.sessions.action_submit()

    def states(self):
        self.env.invalidate_all()
        return self.cycle.cycle_membership_ids.sorted("id").mapped("state")

    def tour(self, name, record, user):
        self.start_tour(f"/odoo/{record._name}/{record.id}", name, login=user.login)

    def test_manager_filters_a_cycle_in_four_clicks(self):
        self.start_tour("/odoo", "spp_attendance_run", login=self.manager.login)
        self.assertEqual(self.states(), ["enrolled"] + ["non_compliant"] * 4 + ["enrolled"])

    def test_two_managers_filter_a_cycle_in_four_clicks(self):
        self.program.attendance_run_approval = True
        self.tour("spp_attendance_run_to_approve", self.cycle, self.manager)
        self.assertEqual(set(self.states()), {"enrolled"})
        self.tour("spp_attendance_approve", self.cycle.attendance_run_ids, self.second_manager)
        self.assertEqual(self.states(), ["enrolled"] + ["non_compliant"] * 4 + ["enrolled"])

    def test_officer_makes_a_dry_run_only(self):
        self.tour("spp_attendance_officer", self.cycle, self.officer)
        self.assertEqual(self.cycle.attendance_run_ids.user_id, self.officer)
        self.assertEqual(set(self.states()), {"enrolled"})

    def test_what_if(self):
        self.tour("spp_attendance_what_if", self.decide(), self.officer)
        self.assertEqual(set(self.states()), {"enrolled"})

    def test_unknown_members_are_left_out(self):
        self.tour("spp_attendance_settle_unknown", self.decide(), self.manager)
        exclusion = self.env["spp.attendance.exclusion"].search([])
        self.assertEqual(
            (exclusion.partner_id, exclusion.reason, exclusion.user_id),
            (self.outsider, "The school was closed by the flood", self.manager),
        )

    def test_from_a_household_to_an_event(self):
        household = self.make_household(self.people[0])
        cycle = self.make_attendance_cycle(
            self.make_program("Families", target_type="group"), household, name="Families October 2025"
        )
        self.tour("spp_attendance_group_member", self.decide(cycle), self.viewer)
