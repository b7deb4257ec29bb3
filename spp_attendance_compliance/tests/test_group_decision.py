# Part of the SPP attendance suite. LGPL-3.
"""Households pass by their members: who of them is assessed, by which rule, and how that is explained."""

from odoo.fields import Command
from odoo.tests import tagged

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestGroupDecision(AttendanceComplianceCase):
    """A household of four: the head attends all five sessions, a child all, another child none, a grandmother none."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.head, cls.child, cls.truant, cls.grandmother = cls.people[:4]
        for person, birthdate in zip(
            cls.people[:4], ("1985-01-01", "2019-10-31", "2008-11-01", "1950-01-01"), strict=True
        ):
            person.birthdate = birthdate
        cls.head_code = cls.env["spp.vocabulary.code"].get_code("urn:openspp:vocab:group-membership-type", "head")
        cls.household = cls.make_household(cls.people[:4], start_date="2020-01-01 00:00:00")
        cls.household.group_membership_ids.filtered(
            lambda link: link.individual == cls.head
        ).membership_type_ids = cls.head_code
        cls.families = cls.make_program("Families", target_type="group")
        cls.cycle = cls.make_attendance_cycle(cls.families, cls.household)
        cls.membership = cls.cycle.cycle_membership_ids
        cls.attend(cls.head, 5)
        cls.attend(cls.child, 5)
        cls.sessions.action_submit()

    def judge(self, **requirement):
        self.cycle.write(requirement)
        self.run_record = self.decide()
        return self.run_record.decision_ids.result, self.run_record.decision_ids.reason

    def assessed(self):
        return self.run_record.assessment_ids.partner_id

    def test_every_member_is_assessed_and_explained(self):
        self.assertEqual(self.judge(), ("non_compliant", "below"))
        found = {line.partner_id: (line.result, line.counted, line.reason) for line in self.run_record.assessment_ids}
        self.assertEqual(found[self.child], ("included", 5, "met"))
        self.assertEqual(found[self.truant], ("not_included", 0, "below"))
        self.assertEqual(self.run_record.decision_ids.explanation, "2 of 4 members pass; 4 are required.")

    def test_each_rule(self):
        for rule, values, expected in (
            ("all", {}, "non_compliant"),
            ("any", {}, "compliant"),
            ("count", {"attendance_group_count": 2}, "compliant"),
            ("count", {"attendance_group_count": 3}, "non_compliant"),
            ("percentage", {"attendance_group_percentage": 50}, "compliant"),
            ("percentage", {"attendance_group_percentage": 50.01}, "non_compliant"),
            ("roles", {"attendance_role_ids": [Command.set(self.head_code.ids)]}, "compliant"),
        ):
            result, _reason = self.judge(attendance_group_rule=rule, **values)
            self.assertEqual(result, expected, f"{rule} {values}")

    def test_only_the_age_band_is_assessed(self):
        """6 to 17 on the last day: the child turns 6 on 31 October, the other one is still 16."""
        self.assertEqual(self.judge(attendance_age_from=6, attendance_age_to=17)[0], "non_compliant")
        self.assertEqual(self.assessed(), self.child | self.truant)
        self.judge(attendance_to="2025-10-30")
        self.assertEqual(self.assessed(), self.truant, "the child is 5 on 30 October")

    def test_members_without_birthdate_are_left_out_of_an_age_band(self):
        self.truant.birthdate = False
        self.assertEqual(self.judge(attendance_age_from=6, attendance_age_to=17)[0], "compliant")

    def test_somebody_who_left_the_household_is_not_assessed(self):
        left = self.household.group_membership_ids.filtered(lambda line: line.individual == self.truant)
        left.ended_date = "2025-10-15 00:00:00"
        self.judge()
        self.assertNotIn(self.truant, self.assessed())

    def test_moved_in_the_middle_of_the_cycle_counts_where_the_person_lives_now(self):
        other = self.env["res.partner"].create({"name": "Other", "is_registrant": True, "is_group": True})
        self.household.group_membership_ids.filtered(
            lambda line: line.individual == self.child
        ).ended_date = "2025-10-15 00:00:00"
        other.group_membership_ids = [Command.create({"individual": self.child.id})]
        membership = self.env["spp.cycle.membership"].create(
            {"cycle_id": self.cycle.id, "partner_id": other.id, "state": "enrolled"}
        )
        self.cycle.attendance_group_rule = "all"
        run = self.decide()
        results = {decision.membership_id: decision.result for decision in run.decision_ids}
        self.assertEqual(results[membership], "compliant")
        self.assertEqual(results[self.membership], "non_compliant")

    def test_a_household_of_nobody_is_unknown(self):
        self.household.group_membership_ids.ended_date = "2025-10-01 00:00:00"
        self.assertEqual(self.judge(), ("unknown", "nobody_assessed"))

    def test_too_little_known_of_the_members(self):
        stranger = self.env["res.partner"].create({"name": "Stranger", "is_registrant": True})
        self.household.group_membership_ids = [Command.create({"individual": stranger.id})]
        self.assertEqual(
            self.judge(attendance_group_rule="count", attendance_group_count=3), ("unknown", "members_unknown")
        )
        self.assertEqual(self.judge(attendance_group_count=4), ("non_compliant", "below"))
        self.assertEqual(self.judge(attendance_group_count=2), ("compliant", "met"))

    def test_exempt_members_and_exempt_groups(self):
        exemptions = self.env["spp.attendance.exemption"]
        exemptions.create({"partner_id": self.truant.id, "date_from": "2025-01-01", "reason": "Boarding school"})
        self.assertEqual(self.judge(attendance_group_rule="count", attendance_group_count=3), ("compliant", "met"))
        exemptions.create({"partner_id": self.household.id, "date_from": "2025-01-01", "reason": "Flood"})
        self.assertEqual(self.judge(attendance_group_rule="all"), ("compliant", "exempt"))

    def test_applying_writes_the_household(self):
        self.judge(attendance_group_rule="any")
        self.run_record.action_apply()
        self.membership.invalidate_recordset()
        self.assertEqual((self.membership.state, self.membership.number_of_attendance), ("enrolled", 2))

    def test_queries_do_not_grow_with_households(self):
        people = self.env["res.partner"].create([{"name": f"Child {n}", "is_registrant": True} for n in range(60)])
        groups = self.env["res.partner"].create(
            [
                {
                    "name": f"Family {n}",
                    "is_registrant": True,
                    "is_group": True,
                    "group_membership_ids": [Command.create({"individual": person.id})],
                }
                for n, person in enumerate(people)
            ]
        )
        counts = []
        for _round in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.decide()
            counts.append(self.cr.sql_log_count - before)
            self.env["spp.cycle.membership"].create(
                [{"cycle_id": self.cycle.id, "partner_id": group.id, "state": "enrolled"} for group in groups]
            ) if _round == 0 else None
        self.assertLessEqual(counts[1], counts[0] + 1, f"queries for 1 and for 61 households: {counts}")
