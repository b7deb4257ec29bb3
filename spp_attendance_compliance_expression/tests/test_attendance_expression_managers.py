# Part of the SPP attendance suite. LGPL-3.
"""Programs and cycles take people and households by attendance expressions, alone and beside a requirement."""

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from odoo.addons.spp_attendance_compliance.tests.common import AttendanceComplianceCase

ELIGIBILITY = "spp.program.membership.manager.attendance.expression"
COMPLIANCE = "spp.compliance.manager.attendance.expression"


@tagged("post_install", "-at_install")
class TestAttendanceExpressionManagers(AttendanceComplianceCase):
    """Five people, of whom the first came to five sessions of the cycle's month, the second to four, the others to none.
    The first and the third are a household, the fourth and fifth another."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.session_type = cls.roster.session_type_id
        cls.session_type.code = "EXP"
        cls.attend(cls.people[0], 5)
        cls.attend(cls.people[1], 4)
        cls.sessions.action_submit()
        cls.cycle.attendance_required = False
        cls.households = cls.make_household(cls.people[0] + cls.people[2], "Household 1")
        cls.households += cls.make_household(cls.people[3] + cls.people[4], "Household 2")
        cls.group_program = cls.make_program("Households", target_type="group")

    def expression(self, text, target="individual", **vals):
        period = {"period": "dates", "date_from": "2025-10-01", "date_to": "2025-10-31"}
        return self.env["spp.attendance.expression"].create(
            {"name": "Regular", "target": target, "expression": text, **period, **vals}
        )

    def use(self, model, expression, program=None):
        program = program or self.program
        implementation = self.env[model].create({"program_id": program.id, "expression_id": expression.id})
        wrapper = {ELIGIBILITY: "spp.eligibility.manager", COMPLIANCE: "spp.compliance.manager"}[model]
        link = self.env[wrapper].create(
            {"program_id": program.id, "manager_ref_id": f"{implementation._name},{implementation.id}"}
        )
        if model == ELIGIBILITY:
            program.eligibility_manager_ids.unlink()
            program.eligibility_manager_ids = link
        return implementation

    def cycle_of(self, program, partners):
        cycle = self.make_cycle(program)
        self.join(cycle, partners, "draft")
        return cycle

    def states(self, cycle):
        cycle.invalidate_recordset()
        return dict(zip(cycle.cycle_membership_ids.partner_id, cycle.cycle_membership_ids.mapped("state"), strict=True))

    # --- eligibility

    def test_both_kinds_are_on_offer(self):
        for wrapper, model in (("spp.eligibility.manager", ELIGIBILITY), ("spp.compliance.manager", COMPLIANCE)):
            self.assertIn(model, self.env[wrapper]._fields["manager_ref_id"].get_values(self.env))

    def test_eligible_people_are_imported_and_enrolled(self):
        self.use(ELIGIBILITY, self.expression('attendance.rate("EXP") >= 80'))
        self.program.with_user(self.officer).import_eligible_registrants()
        members = self.program.program_membership_ids
        self.assertEqual(members.partner_id, self.people[:2])
        self.assertEqual(set(members.mapped("state")), {"draft"})
        self.program.import_eligible_registrants()
        self.assertEqual(len(self.program.program_membership_ids), 2, "nobody twice")
        outsider = self.env["spp.program.membership"].create(
            {"partner_id": self.people[2].id, "program_id": self.program.id}
        )
        self.program.with_user(self.manager).enroll_eligible_registrants()
        self.assertEqual(set(members.mapped("state")), {"enrolled"})
        self.assertEqual(outsider.state, "not_eligible")

    def test_eligible_households_are_imported(self):
        expression = self.expression('members.exists(m, m.attendance.rate("EXP") >= 80)', "group")
        manager = self.use(ELIGIBILITY, expression, self.group_program)
        self.group_program.import_eligible_registrants()
        self.assertEqual(self.group_program.program_membership_ids.partner_id, self.households[0])
        both = self.group_program.program_membership_ids + self.env["spp.program.membership"].create(
            {"partner_id": self.households[1].id, "program_id": self.group_program.id}
        )
        self.assertEqual(manager.enroll_eligible_registrants(both).partner_id, self.households[0])

    def test_nobody_is_eligible(self):
        manager = self.use(ELIGIBILITY, self.expression('attendance.count("EXP") > 99'))
        self.assertEqual(manager._prepare_eligible_domain(), [("id", "in", [])])
        self.program.import_eligible_registrants()
        self.assertFalse(self.program.program_membership_ids)

    def test_eligibility_in_a_cycle(self):
        manager = self.use(ELIGIBILITY, self.expression('attendance.rate("EXP") >= 80'))
        eligible = manager.verify_cycle_eligibility(self.cycle, self.memberships)
        self.assertEqual(eligible.partner_id, self.people[:2])

    # --- compliance

    def test_a_cycle_of_people_is_filtered_in_its_own_dates(self):
        expression = self.expression('attendance.rate("EXP") >= 80', date_from="2020-01-01", date_to="2020-12-31")
        manager = self.use(COMPLIANCE, expression)
        self.assertEqual(manager.get_compliance_domain(self.memberships), [("id", "in", self.people[:2].ids)])
        self.assertEqual(manager.verify_compliance(self.cycle, self.memberships), self.memberships[:2])
        self.assertEqual(manager.get_compliance_domain(), [("id", "in", [])], "no cycle: the period of the expression")
        self.cycle.with_user(self.manager).action_filter_beneficiaries_by_compliance_criteria()
        states = self.states(self.cycle)
        self.assertEqual([states[person] for person in self.people], ["enrolled"] * 2 + ["non_compliant"] * 3)
        self.assertTrue(self.cycle.compliance_criteria_applied)

    def test_the_attendance_window_of_the_cycle_comes_first(self):
        manager = self.use(COMPLIANCE, self.expression('attendance.count("EXP") >= 1'))
        self.cycle.write({"attendance_from": "2025-10-05", "attendance_to": "2025-10-05"})
        self.assertEqual(manager.verify_compliance(self.cycle, self.memberships), self.memberships[:1])

    def test_a_cycle_of_households_is_filtered(self):
        self.use(
            COMPLIANCE,
            self.expression('members.exists(m, m.attendance.rate("EXP") >= 80)', "group"),
            self.group_program,
        )
        cycle = self.cycle_of(self.group_program, self.households)
        cycle.action_filter_beneficiaries_by_compliance_criteria()
        states = self.states(cycle)
        self.assertEqual([states[household] for household in self.households], ["enrolled", "non_compliant"])

    def test_nobody_complies(self):
        manager = self.use(COMPLIANCE, self.expression('attendance.count("EXP") > 99'))
        self.assertEqual(manager.get_compliance_domain(self.memberships), [("id", "in", [])])
        self.cycle.action_filter_beneficiaries_by_compliance_criteria()
        self.assertEqual(set(self.states(self.cycle).values()), {"non_compliant"})

    def test_two_criteria_are_alternatives(self):
        self.use(COMPLIANCE, self.expression('attendance.count("EXP") == 5'))
        self.use(COMPLIANCE, self.expression('attendance.count("EXP") == 4'))
        self.cycle.action_filter_beneficiaries_by_compliance_criteria()
        states = self.states(self.cycle)
        self.assertEqual([states[person] for person in self.people], ["enrolled"] * 2 + ["non_compliant"] * 3)

    def test_members_are_filtered_when_they_are_added(self):
        self.use(COMPLIANCE, self.expression('attendance.rate("EXP") >= 80'))
        self.env["ir.config_parameter"].set_param(
            "spp_programs_compliance_criteria.beneficiaries_automated_filtering_mechanism", "1"
        )
        self.env["spp.program.membership"].create(
            [
                {"partner_id": person.id, "program_id": self.program.id, "state": "enrolled"}
                for person in self.people[1:3]
            ]
        )
        self.cycle.cycle_membership_ids.unlink()
        self.cycle.with_user(self.manager).copy_beneficiaries_from_program()
        self.assertEqual(self.cycle.cycle_membership_ids.partner_id, self.people[1])

    def test_a_requirement_and_an_expression_are_combined_as_the_cycle_says(self):
        self.use(COMPLIANCE, self.expression('attendance.rate("EXP") >= 80'))
        self.cycle.write({"attendance_required": True, "attendance_measure": "sessions", "attendance_threshold": 0})
        results = {}
        for combination in ("all", "any"):
            self.cycle.attendance_combination = combination
            run = self.cycle._start_attendance_run()
            results[combination] = (run.compliant_count, set(run.decision_ids.mapped("reason")))
        self.assertLess(results["all"][0], results["any"][0])
        self.assertIn("other_criteria", results["all"][1])

    def test_filtering_costs_the_same_for_any_number(self):
        self.use(COMPLIANCE, self.expression('attendance.rate("EXP") >= 80'))
        more = self.env["res.partner"].create([{"name": f"More {n}", "is_registrant": True} for n in range(60)])
        large = self.cycle_of(self.env["spp.program"].create({"name": "Large", "target_type": "individual"}), more)
        self.use(COMPLIANCE, self.program.compliance_manager_ids.manager_ref_id.expression_id, large.program_id)
        counts = []
        for cycle in (self.cycle, large):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            cycle.action_filter_beneficiaries_by_compliance_criteria()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0], f"queries for 5 and for 60 people: {counts}")

    # --- settings, access

    def test_expression_and_program_are_about_the_same(self):
        for model in (ELIGIBILITY, COMPLIANCE):
            with self.assertRaisesRegex(ValidationError, "Regular and Households are not about the same"):
                self.use(model, self.expression("true"), self.group_program)

    def test_an_expression_in_use_stays(self):
        for model in (ELIGIBILITY, COMPLIANCE):
            expression = self.expression("true")
            manager = self.use(model, expression)
            expression.target = "individual"
            sentence = "Regular is a criterion of Attend and Receive: choose another one there first."
            with self.assertRaisesRegex(UserError, sentence):
                expression.target = "group"
            with self.assertRaisesRegex(UserError, sentence):
                expression.unlink()
            manager.unlink()
            expression.unlink()

    def test_settings_form(self):
        manager = self.use(COMPLIANCE, self.expression("true"))
        view_id = self.env["spp.compliance.manager"].search([("program_id", "=", self.program.id)]).open_manager_form()
        with Form(manager.with_user(self.manager), view=view_id["views"][0][0]) as form:
            form.expression_id = self.expression('attendance.rate("EXP") >= 80')
        self.assertEqual(manager.expression, 'attendance.rate("EXP") >= 80')

    def test_only_program_managers_configure(self):
        expression = self.expression("true")
        for model in (ELIGIBILITY, COMPLIANCE):
            manager = self.use(model, expression)
            self.rpc(self.manager, manager, "write", {"name": "Ours"})
            for user in (self.viewer, self.officer):
                self.assertEqual(self.rpc(user, manager, "read", ["expression"])[0]["expression"], "true")
                for method, args in (("write", [{"name": "Mine"}]), ("unlink", [])):
                    with self.assertRaises(AccessError):
                        self.rpc(user, manager, method, *args)
                with self.assertRaises(AccessError):
                    self.rpc(
                        user, self.env[model], "create", {"program_id": self.program.id, "expression_id": expression.id}
                    )
        with self.assertRaises(AccessError):
            self.rpc(self.manager, expression, "write", {"expression": "false"})
        with self.assertRaises(AccessError):
            self.rpc(self.officer, self.cycle, "action_filter_beneficiaries_by_compliance_criteria")
