# Part of the SPP attendance suite. LGPL-3.
from odoo.tests import HttpCase, tagged

from .common import AttendanceComplianceMixin


@tagged("post_install", "-at_install")
class TestAttendanceRunTour(AttendanceComplianceMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_compliance()

    def test_manager_filters_a_cycle(self):
        self.attend(self.people[0], 5)
        self.sessions.action_submit()
        self.start_tour("/odoo", "spp_attendance_run", login=self.manager.login)
        self.memberships.invalidate_recordset()
        self.assertEqual(self.memberships.mapped("state"), ["enrolled"] + ["non_compliant"] * 4)
