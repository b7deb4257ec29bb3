# Part of the SPP attendance suite. LGPL-3.
"""The paper roster on the roster screen."""

from odoo.tests import HttpCase, tagged

from odoo.addons.spp_session_tracking.tests.common import SessionTrackingMixin, where_it_is_noon


@tagged("post_install", "-at_install")
class TestRosterSheetScreen(SessionTrackingMixin, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_sessions()

    def test_teacher_keys_in_a_paper_roster(self):
        zone, today = where_it_is_noon()
        self.roster.write({"policy_id": False, "tz": zone})
        session = self.roster.generate_sessions(today, today, 0.0, 23.99)
        sheet = self.env["spp.session.sheet"]._print_for(session.with_user(self.facilitator))
        self.start_tour(f"/spp/sheet/{sheet.code}", "spp_key_in_paper", login=self.facilitator.login)
        codes = {mark.participant_id: mark.status_id.code for mark in session.attendance_ids}
        self.assertEqual([codes[person] for person in self.people], ["present", "absent", "present", "late"])
        self.assertTrue(session.submitted_at)

    def test_unit_tests_of_the_screen(self):
        self.browser_js(
            "/web/tests?headless&loglevel=2&preset=desktop&timeout=15000&filter=spp_session_sheet",
            "",
            "",
            login="admin",
            timeout=180,
            success_signal="[HOOT] Test suite succeeded",
        )
