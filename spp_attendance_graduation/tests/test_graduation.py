# Part of the SPP attendance suite. LGPL-3.
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestGraduation(TransactionCase):
    """Five members: the first three came to the only session; the second has no date of birth, the third is still
    potential; the fourth is suspended and did not come, the fifth has graduated before."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True, no_reset_password=True))
        cls.manager, cls.officer = (
            new_test_user(cls.env, f"graduation_{level}", f"base.group_user,spp_programs.group_programs_{level}")
            for level in ("manager", "officer")
        )
        cls.people = cls.env["res.partner"].create(
            [{"name": f"Person {n}", "is_registrant": True, "birthdate": n != 2 and "1990-01-01"} for n in range(1, 6)]
        )
        cls.program = cls.env["spp.program"].create({"name": "Way Out", "target_type": "individual"})
        cls.members = cls.env["spp.program.membership"].create(
            [{"partner_id": person.id, "program_id": cls.program.id, "state": "enrolled"} for person in cls.people]
        )
        (cls.members - cls.members[2]).change_beneficiary_status("active", "Started")
        cls.members[3].change_beneficiary_status("suspended", "Moved")
        cls.members[4].change_beneficiary_status("graduated", "Done")
        session_type = cls.env["spp.session.type"].create({"name": "Class", "code": "GRAD"})
        roster = cls.env["spp.session.roster"].create(
            {
                "name": "Class",
                "session_type_id": session_type.id,
                "facilitator_id": cls.env.uid,
                "tz": "UTC",
                "membership_ids": [
                    Command.create({"partner_id": person.id, "date_from": "2025-10-01"}) for person in cls.people
                ],
            }
        )
        session = roster.generate_sessions("2025-10-01", "2025-10-01", 6.0, 8.0)
        present = cls.env["spp.attendance.status"]._by_code("present")
        cls.env["spp.session.attendance"].create(
            [
                {"session_id": session.id, "participant_id": person.id, "status_id": present.id}
                for person in cls.people[:3]
            ]
        )
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

    def rpc(self, user, records, method, *args):
        return call_kw(self.env[records._name].with_user(user), method, [records.ids, *args], {})

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
            call_kw(
                self.env["spp.program"].with_user(self.officer),
                "create",
                [{"name": "Other", "target_type": "individual", "graduation_expression_id": self.expression.id}],
                {},
            )
        self.assertEqual(self.program.graduation_expression_id, self.expression)
        self.rpc(self.manager, self.program, "write", {"graduation_expression_id": False})
        self.assertFalse(self.program.graduation_expression_id)
