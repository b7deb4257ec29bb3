# Part of the SPP attendance suite. LGPL-3.
"""Faults of existing software in filtering cycles by attendance, a test for each that we do not have."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.spp_integrity import with_guarded

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestPeerWeaknesses(AttendanceComplianceCase):
    """Faults of existing software that this module does not have; `test_peer_weaknesses_table` says where the others are.

    The numbers are those of the list of weaknesses: 08 is point 8 of section 1, 51 point 1 of section 5.
    """

    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 0, 0)

    def family_cycle(self, households, **requirement):
        return self.make_attendance_cycle(self.make_program("Families", target_type="group"), households, **requirement)

    def comply_if(self, expression):
        implementation = self.env["spp.compliance.manager.default"].create(
            {"program_id": self.program.id, "compliance_cel_expression": expression}
        )
        self.env["spp.compliance.manager"].create(
            {"program_id": self.program.id, "manager_ref_id": f"{implementation._name},{implementation.id}"}
        )

    def states(self):
        self.memberships.invalidate_recordset()
        return self.memberships.mapped("state")

    # --- section 1

    def test_01_groups_with_many_members_are_not_cut_off(self):
        people = self.env["res.partner"].create([{"name": f"Child {n}", "is_registrant": True} for n in range(45)])
        self.roster.membership_ids = [
            Command.create({"partner_id": person.id, "date_from": "2025-10-01"}) for person in people
        ]
        sessions = self.roster.generate_sessions("2025-10-06", "2025-10-06", 6.0, 8.0)
        for person in people:
            self.attend(person, 1, sessions=sessions)
        sessions.action_submit()
        run = self.decide(self.family_cycle([self.make_household(people)], attendance_from="2025-10-06"))
        self.assertEqual((run.decision_ids.counted, run.decision_ids.expected), (45, 45))
        self.assertEqual(run.decision_ids.result, "compliant")

    def test_02_cycles_that_are_decided_are_not_rewritten(self):
        run = self.decide()
        for state in ("approved", "distributed", "ended", "cancelled"):
            self.cycle.state = state
            with self.assertRaisesRegex(UserError, "approved or over"):
                run.action_apply()
            with self.assertRaisesRegex(UserError, "approved or over"):
                self.cycle.action_filter_beneficiaries_by_compliance_criteria()
            self.assertEqual(self.states(), ["enrolled"] * 5)

    def test_03_paused_exited_and_not_eligible_people_stay(self):
        for membership, state in zip(self.memberships, ("paused", "exited", "not_eligible"), strict=False):
            membership.state = state
        self.decide().action_apply()
        self.assertEqual(self.states(), ["paused", "exited", "not_eligible", "non_compliant", "non_compliant"])

    def test_04_one_member_makes_a_group_pass_only_if_the_cycle_says_so(self):
        cycle = self.family_cycle([self.make_household(self.people)])
        self.assertEqual(self.decide(cycle).decision_ids.result, "non_compliant", "all members, by default")
        for rule, values, result in (
            ("any", {}, "compliant"),
            ("count", {"attendance_group_count": 3}, "non_compliant"),
            ("percentage", {"attendance_group_percentage": 40}, "compliant"),
        ):
            cycle.write({"attendance_group_rule": rule, **values})
            self.assertEqual(self.decide(cycle).decision_ids.result, result, rule)

    def test_05_nothing_known_is_not_absent(self):
        outsider = self.env["res.partner"].create({"name": "Outsider", "is_registrant": True})
        membership = self.env["spp.cycle.membership"].create(
            {"cycle_id": self.cycle.id, "partner_id": outsider.id, "state": "enrolled"}
        )
        run = self.decide()
        self.assertEqual(self.decision(run, outsider).result, "unknown")
        run.action_apply()
        membership.invalidate_recordset()
        self.assertEqual(membership.state, "enrolled")
        self.assertIn("nothing is known", membership.attendance_explanation)
        self.assertIsNone(run.action_revert())
        membership.invalidate_recordset()
        self.assertEqual((membership.state, membership.attendance_decision_id.id), ("enrolled", False))

    def test_08_who_left_the_group_does_not_count(self):
        household = self.make_household(self.people[:2])
        left = self.env["spp.group.membership"].create(
            {
                "group": household.id,
                "individual": self.people[3].id,
                "start_date": "2020-01-01 00:00:00",
                "ended_date": "2025-09-30 00:00:00",
            }
        )
        run = self.decide(self.family_cycle([household]))
        self.assertTrue(left.is_ended)
        self.assertEqual((run.assessment_ids.partner_id, run.decision_ids.result), (self.people[:2], "compliant"))

    def test_09_the_window_is_the_cycle_and_one_date_alone_holds(self):
        before = self.roster.generate_sessions("2025-10-20", "2025-10-20", 6.0, 8.0)
        before.write({"date": "2025-09-30"})
        self.attend(self.people[4], 1, sessions=before)
        before.action_submit()
        self.assertEqual(self.decision(self.decide(), self.people[4]).counted, 0, "before the cycle")
        self.cycle.attendance_from = "2025-10-04"
        self.assertEqual(self.decision(self.decide(), self.people[0]).expected, 2)
        self.cycle.write({"attendance_from": False, "attendance_to": "2025-10-02"})
        self.assertEqual(self.decision(self.decide(), self.people[0]).expected, 2)

    def test_10_shares_sessions_days_excuses_types_and_places(self):
        person = self.people[2]
        for requirement, result in (
            ({"attendance_measure": "percentage", "attendance_threshold": 60}, "compliant"),
            ({"attendance_measure": "sessions", "attendance_threshold": 4}, "non_compliant"),
            ({"attendance_measure": "days", "attendance_threshold": 3}, "compliant"),
            ({"attendance_type_ids": [Command.set(self.env["spp.event.attendance.type"].search([]).ids)]}, "compliant"),
            (
                {"attendance_location_ids": [Command.set(self.env["spp.event.attendance.location"].search([]).ids)]},
                "compliant",
            ),
        ):
            self.cycle.write(requirement)
            self.assertEqual(self.decision(self.decide(), person).result, result, requirement)

    def test_11_attendance_alone_is_enough_and_goes_with_others_as_the_cycle_says(self):
        self.assertFalse(self.program.compliance_manager_ids)
        self.assertTrue(self.cycle.allow_filter_compliance_criteria)
        self.assertEqual(self.decide().compliant_count, 2)
        self.comply_if("[('name', 'in', ['Person 1', 'Person 5'])]")
        self.assertEqual(self.decide().compliant_count, 1, "both")
        self.cycle.attendance_combination = "any"
        self.assertEqual(self.decide().compliant_count, 3, "either")

    def test_22_dry_run_reasons_and_who_did_what(self):
        run = self.cycle.with_user(self.officer)._start_attendance_run()
        self.assertEqual(self.states(), ["enrolled"] * 5)
        self.assertEqual(
            self.decision(run, self.people[2]).explanation, "Attended 3 of 5 sessions (60.00 %); 80 % are required."
        )
        self.assertEqual(
            [(part["label"], part["reasons"]) for part in run.summary["results"]],
            [
                ("Compliant", [{"reason": "met", "label": "Requirement met", "count": 2}]),
                ("Not Compliant", [{"reason": "below", "label": "Below the requirement", "count": 3}]),
                ("Unknown", []),
            ],
        )
        run.with_user(self.manager).action_apply()
        self.assertEqual((run.user_id, run.applied_by_id), (self.officer, self.manager))
        self.assertTrue(run.applied_at)
        self.assertIn("2 compliant, 3 not compliant", self.cycle.message_ids[0].body)

    # --- section 5

    def test_51_the_automatic_filter_is_respected_under_both_names(self):
        for name in (
            "spp_programs_compliance_criteria.beneficiaries_automated_filtering_mechanism",
            "spp_programs.beneficiaries_automated_filtering_mechanism",
        ):
            self.assertFalse(self.cycle._is_filtered_at_preparation())
            self.env["ir.config_parameter"].set_param(name, "2")
            self.assertTrue(self.cycle._is_filtered_at_preparation(), name)
            self.env["ir.config_parameter"].set_param(name, "0")

    def test_52_outside_draft_it_says_so_and_nobody_is_revived(self):
        self.memberships[0].state = "paused"
        self.decide().action_apply()
        self.assertEqual(self.states()[0], "paused")
        self.cycle.state = "approved"
        with self.assertRaisesRegex(UserError, "approved or over"):
            self.cycle.with_user(self.manager).action_filter_beneficiaries_by_compliance_criteria()

    def test_53_several_criteria_are_all_of_or_any_of_and_nobody_is_not_everybody(self):
        self.comply_if("[('name', 'in', ['Person 1', 'Person 2'])]")
        self.comply_if("[('name', 'in', ['Person 2', 'Person 3'])]")
        run = self.decide()
        self.assertEqual(run.decision_ids.filtered(lambda line: line.result == "compliant").partner_id, self.people[1])
        self.comply_if("[('id', 'in', [])]")
        self.assertEqual(self.decide().compliant_count, 0)

    def test_54_cycles_that_ended_keep_what_was_decided(self):
        """The host lets a cycle end from any state; a run can then neither be applied nor taken back."""
        run = self.decide()
        run.action_apply()
        decided = self.states()
        self.cycle.state = "ended"
        with self.assertRaisesRegex(UserError, "can no longer be taken back"):
            run.action_revert()
        self.assertEqual(self.states(), decided)

    def test_55_the_estimate_counts_entitlements_in_every_state_that_costs(self):
        self.program.entitlement_manager_ids.manager_ref_id.amount_per_cycle = 50
        self.decide().action_apply()
        self.env.invalidate_all()
        self.cycle.prepare_entitlement()
        entitlement = self.cycle.entitlement_ids.filtered(lambda rec: rec.partner_id == self.people[0])
        marks = self.sessions.attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0])
        with_guarded(marks, attendance_change_reason="Somebody else").status_id = self.env[
            "spp.attendance.status"
        ]._by_code("absent")
        for state, difference in (
            ("draft", -50),
            ("approved", -50),
            ("trans2FSP", -50),
            ("rdpd2ben", -50),
            ("cancelled", 0),
        ):
            entitlement.sudo().state = state
            self.env.flush_all()
            action = self.cycle.action_attendance_late_data()
            self.assertEqual(
                self.env[action["res_model"]].browse(action["res_id"]).amount_difference, difference, state
            )

    def test_56_rows_written_by_sql_are_assessed_too(self):
        person = self.env["res.partner"].create({"name": "Bulk", "is_registrant": True})
        self.env["spp.cycle.membership"].bulk_create_memberships(
            [{"partner_id": person.id, "cycle_id": self.cycle.id, "state": "enrolled"}], skip_duplicates=True
        )
        self.assertEqual(self.decision(self.decide(), person).reason, "nothing_expected")

    def test_57_a_filtered_cycle_is_approved_with_its_entitlements(self):
        """The host's own approval path failed; nothing of ours stands in the way of it."""
        self.program.entitlement_manager_ids.manager_ref_id.amount_per_cycle = 50
        self.cycle.auto_approve_entitlements = True
        self.decide().action_apply()
        self.env.invalidate_all()
        self.cycle.prepare_entitlement()
        self.cycle.action_submit_for_approval()
        self.cycle.action_approve()
        self.assertEqual(self.cycle.entitlement_ids.mapped("state"), ["approved"] * 2)

    def test_58_in_kind_entitlements_are_for_compliant_members_too(self):
        program = self.env["spp.program"].create({"name": "Food", "target_type": "individual"})
        manager = self.env["spp.program.entitlement.manager.inkind"].create(
            {
                "program_id": program.id,
                "entitlement_item_ids": [
                    Command.create(
                        {"product_id": self.env["product.product"].create({"name": "Rice"}).id, "quantity": 2}
                    )
                ],
            }
        )
        program.entitlement_manager_ids = self.env["spp.program.entitlement.manager"].create(
            {"program_id": program.id, "manager_ref_id": f"{manager._name},{manager.id}"}
        )
        cycle = self.family_cycle([])
        cycle.program_id = program
        unknown = self.env["res.partner"].create({"name": "Unknown", "is_registrant": True})
        cycle.cycle_membership_ids = [
            Command.create({"partner_id": person.id, "state": "enrolled"}) for person in self.people | unknown
        ]
        self.decide(cycle).action_apply()
        self.env.invalidate_all()
        enrolled = cycle.cycle_membership_ids.filtered(lambda member: member.state == "enrolled")
        self.assertEqual(enrolled.partner_id, self.people[:2] | unknown)
        cycle.prepare_entitlement()
        self.assertEqual(cycle.inkind_entitlement_ids.partner_id, self.people[:2])

    def test_roles_are_checked_on_the_server(self):
        run = self.decide()
        for user, method in (
            (self.viewer, "action_apply"),
            (self.officer, "action_revert"),
            (self.officer, "action_approve"),
        ):
            with self.assertRaises(AccessError):
                self.rpc(user, run, method)
