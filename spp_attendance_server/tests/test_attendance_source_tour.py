# Part of the SPP attendance suite. LGPL-3.
"""Setting up an attendance server, and the progress of a run that asks one, in the browser."""

from odoo.tests import HttpCase, tagged

from .server_common import AttendanceServerCase, double


@tagged("post_install", "-at_install")
class TestAttendanceSourceTour(AttendanceServerCase, HttpCase):
    def setUp(self):
        # that of the other tests takes waiting away, which the browser needs
        super(AttendanceServerCase, self).setUp()

    def test_manager_sets_up_a_server(self):
        self.start_tour(
            "/odoo/spp-attendance-sources",
            "spp_attendance_source",
            login=self.manager.login,
            cookies={
                "double_url": self.server.url,
                "double_client": double.CLIENT_ID,
                "double_secret": double.CLIENT_SECRET,
            },
        )
        source = self.env["spp.attendance.source"].search([("name", "=", "Attendance Server West")])
        self.assertEqual(source.last_test.count("✓"), 5)
        self.assertEqual(sorted(source.type_ids.mapped("name")), ["Health check", "Training"])
        self.assertFalse(source.secret)


@tagged("post_install", "-at_install")
class TestRunProgress(HttpCase):
    def test_unit_tests_of_the_screens(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&filter=spp_attendance_server",
            "",
            "",
            login="admin",
            timeout=180,
            success_signal="[HOOT] Test suite succeeded",
        )
