# Part of the SPP attendance suite. LGPL-3.
"""Who is a candidate for graduation by attendance, and who may make candidates graduate."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.spp_integrity.tests.common import SuiteCase
from odoo.addons.spp_session_tracking.tests.common import SessionStepsMixin


@tagged("post_install", "-at_install")
class TestGraduation(SessionStepsMixin, SuiteCase):
    """Five members: the first three came to the only session; the second has no date of birth, the third is still
    potential; the fourth is suspended and did not come, the fifth has graduated before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager, cls.officer = (
            cls.make_user(level, f"spp_programs.group_programs_{level}") for level in ("manager", "officer")
        )
        cls.people = cls.make_people(5, birthdate="1990-01-01")
        cls.people[1].birthdate = False
        cls.program = cls.make_program("Way Out")
        cls.members = cls.enrol(cls.program, cls.people)
        (cls.members - cls.members[2]).change_beneficiary_status("active", "Started")
        cls.members[3].change_beneficiary_status("suspended", "Moved")
        cls.members[4].change_beneficiary_status("graduated", "Done")
        session_type = cls.env["spp.session.type"].create({"name": "Class", "code": "GRAD"})
        session = cls.make_roster(cls.people, session_type).generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)
        cls.make_marks(session, cls.people[:3])
        session.action_submit()
        cls.expression = cls.env["spp.attendance.expression"].create(
            {
                "name": "Ready",
                "expression": 'attendance.rate("GRAD") >= 80 && age >= 18',
                "period": "dates",
                "date_from": "2025-10-01",
                "date_to": "2025-10-31",
            }
        )
        cls.program.graduation_expression_id = cls.expression

    def test_candidates_meet_the_criterion_and_may_graduate(self):
        self.assertEqual(self.program._graduation_candidates(), self.members[0])
        self.expression.expression = "age >= 18"
        self.assertEqual(self.program._graduation_candidates(), self.members[0] + self.members[3])

    def test_a_manager_graduates_the_candidates_with_a_reason(self):
        action = self.rpc(self.manager, self.program, "action_graduation_candidates")
        candidates = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(candidates, self.members[0])
        self.assertEqual(candidates.beneficiary_status, "active", "looking changes nothing")
        action = self.rpc(self.manager, candidates, "action_graduate")
        wizard = self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"]).create({})
        self.assertEqual((wizard.new_status, wizard.moving_count), ("graduated", 1))
        with self.assertRaisesRegex(UserError, "reason"):
            wizard.action_confirm()
        wizard.reason = "Attended the whole course"
        wizard.action_confirm()
        self.assertEqual(candidates.beneficiary_status, "graduated")
        self.assertEqual(candidates.status_change_ids[0].reason, "Attended the whole course")
        self.assertFalse(self.program._graduation_candidates())

    def test_no_criterion_no_candidates(self):
        self.program.graduation_expression_id = False
        with self.assertRaisesRegex(UserError, "Way Out has no graduation criterion: choose one under Configuration."):
            self.program.action_graduation_candidates()

    def test_criterion_and_program_are_about_the_same(self):
        sentence = "Ready and Way Out are not about the same"
        with self.assertRaisesRegex(ValidationError, sentence):
            self.program.target_type = "group"

    def test_an_expression_in_use_stays(self):
        sentence = "Ready is a criterion of Way Out: choose another one there first."
        with self.assertRaisesRegex(UserError, sentence):
            self.expression.unlink()
        with self.assertRaisesRegex(UserError, sentence):
            self.expression.write({"expression": "true", "target": "group"})

    def test_only_managers(self):
        for method, args in (
            ("action_graduation_candidates", []),
            ("write", [{"graduation_expression_id": False}]),
        ):
            with self.assertRaisesRegex(AccessError, "Only program managers decide about graduation"):
                self.rpc(self.officer, self.program, method, *args)
        with self.assertRaises(AccessError):
            self.rpc(
                self.officer,
                self.env["spp.program"],
                "create",
                {"name": "Other", "target_type": "individual", "graduation_expression_id": self.expression.id},
            )
        self.assertEqual(self.program.graduation_expression_id, self.expression)
        self.rpc(self.manager, self.program, "write", {"graduation_expression_id": False})
        self.assertFalse(self.program.graduation_expression_id)
