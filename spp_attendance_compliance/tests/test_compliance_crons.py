# Part of the SPP attendance suite. LGPL-3.
"""What happens by itself: dry runs before the end, filtering at the end, and the host's moments of filtering."""

from datetime import date
from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import FILTERING_PARAMETERS, AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestComplianceCrons(AttendanceComplianceCase):
    """The cycle ends on 31 October; what runs by itself asks what day it is where the program is."""

    def setUp(self):
        super().setUp()
        self.attend(self.people[0], 5)
        self.sessions.action_submit()

    def run_cron(self, name, day):
        with (
            self.enter_registry_test_mode(),
            patch.object(type(self.env["spp.cycle"]), "_attendance_today", lambda cycle: day),
            patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda cycles: False),
        ):
            self.env.ref(f"spp_attendance_compliance.{name}").method_direct_trigger()
        self.env.invalidate_all()

    def dry_run(self, day):
        self.run_cron("ir_cron_dry_run_before_the_end", day)
        return len(self.cycle.attendance_run_ids)

    def test_dry_run_once_so_many_days_before_the_end(self):
        self.assertEqual(self.dry_run(date(2025, 10, 31)), 0, "this cycle does not ask for it")
        self.cycle.attendance_days_before = 5
        self.assertEqual(self.dry_run(date(2025, 10, 25)), 0, "six days before")
        self.assertEqual(self.dry_run(date(2025, 10, 26)), 1)
        self.assertEqual(self.dry_run(date(2025, 10, 27)), 1, "once")
        self.assertEqual(self.cycle.attendance_run_ids.state, "decided")
        self.assertEqual(set(self.memberships.mapped("state")), {"enrolled"})
        self.assertIn("1 compliant, 4 not compliant", "".join(self.cycle.message_ids.mapped("body")))

    def test_whoever_made_the_cycle_gets_a_task(self):
        self.cycle.attendance_days_before = 5
        self.env.cr.execute("UPDATE spp_cycle SET create_uid = %s WHERE id = %s", [self.officer.id, self.cycle.id])
        self.env.invalidate_all()
        self.dry_run(date(2025, 10, 26))
        self.assertEqual(self.cycle.activity_ids.user_id, self.officer)

    def test_too_late_for_a_dry_run(self):
        self.cycle.attendance_days_before = 5
        self.assertEqual(self.dry_run(date(2025, 11, 1)), 0)

    def test_filter_at_the_end_only_where_it_is_asked_for(self):
        self.cycle.attendance_filter_at_end = False
        self.run_cron("ir_cron_filter_by_attendance", date(2025, 11, 1))
        self.assertFalse(self.cycle.attendance_run_ids)
        self.cycle.attendance_filter_at_end = True
        self.run_cron("ir_cron_filter_by_attendance", date(2025, 10, 31))
        self.assertFalse(self.cycle.attendance_run_ids, "the last day is running")
        self.run_cron("ir_cron_filter_by_attendance", date(2025, 11, 1))
        self.assertEqual(self.cycle.attendance_run_ids.state, "applied")

    def test_the_second_person_is_waited_for(self):
        self.program.attendance_run_approval = True
        for _hour in range(3):
            self.run_cron("ir_cron_filter_by_attendance", date(2025, 11, 1))
        self.assertEqual(self.cycle.attendance_run_ids.mapped("state"), ["decided"], "one run, not one an hour")
        self.assertEqual(set(self.memberships.mapped("state")), {"enrolled"})
        self.assertIn("1 compliant, 4 not compliant", "".join(self.cycle.message_ids.mapped("body")))

    # --- the automatic mechanisms of the host

    def set_mechanism(self, value, name):
        for other in FILTERING_PARAMETERS:
            self.env["ir.config_parameter"].set_param(other, value if other == name else "0")

    def add_member(self, user=None):
        """Somebody new in the program is copied to the cycle by whoever."""
        person = self.make_people("Newcomer")
        self.enrol(self.program, person)
        self.rpc(user or self.manager, self.cycle, "copy_beneficiaries_from_program")
        return self.cycle.cycle_membership_ids.filtered(lambda member: member.partner_id == person)

    def on_day(self, day):
        patcher = patch.object(type(self.env["spp.cycle"]), "_attendance_today", lambda cycle: day)
        patcher.start()
        self.addCleanup(patcher.stop)

    def test_cycles_ask_to_be_filtered_at_the_end(self):
        cycle = self.env["spp.cycle"].new({"program_id": self.program.id})
        self.assertFalse(cycle.attendance_filter_at_end)

    def test_mechanism_0_nobody_is_filtered_without_a_click(self):
        self.on_day(date(2025, 11, 1))
        for name in FILTERING_PARAMETERS:
            self.set_mechanism("0", name)
            self.assertEqual(self.add_member(self.officer).state, "enrolled")
            self.cycle.prepare_entitlement()
            self.assertFalse(self.cycle.attendance_run_ids)
        self.assertEqual(set(self.cycle.cycle_membership_ids.mapped("state")), {"enrolled"})

    def test_mechanism_1_filters_when_members_are_added_after_the_window(self):
        for name in FILTERING_PARAMETERS:
            with self.subTest(name):
                self.set_mechanism("1", name)
                self.on_day(date(2025, 11, 1))
                member = self.add_member()
                run = self.cycle.attendance_run_ids[:1]
                self.assertEqual((run.state, run.applied_by_id), ("applied", self.manager))
                self.assertEqual(self.memberships.mapped("state"), ["enrolled"] + ["non_compliant"] * 4)
                self.assertEqual((member.state, member.attendance_decision_id.reason), ("enrolled", "nothing_expected"))
                run.action_revert()
                member.state = "exited"

    def test_mechanism_1_waits_while_the_window_runs(self):
        self.set_mechanism("1", FILTERING_PARAMETERS[0])
        self.on_day(date(2025, 10, 31))
        self.assertEqual(self.add_member().state, "enrolled")
        self.assertFalse(self.cycle.attendance_run_ids)

    def test_mechanism_1_does_not_pass_over_the_second_person(self):
        self.set_mechanism("1", FILTERING_PARAMETERS[1])
        self.program.attendance_run_approval = True
        self.on_day(date(2025, 11, 1))
        self.add_member()
        self.assertEqual(self.cycle.attendance_run_ids.state, "decided")
        self.assertEqual(set(self.memberships.mapped("state")), {"enrolled"})

    def test_mechanism_1_filters_once(self):
        self.set_mechanism("1", FILTERING_PARAMETERS[0])
        self.on_day(date(2025, 11, 1))
        self.decide().action_apply()
        self.assertEqual(self.add_member().state, "enrolled", "nothing is known of the person: asked before preparing")
        self.assertEqual(len(self.cycle.attendance_run_ids), 1)
        self.assertEqual(self.cycle._attendance_undecided_count(), 1)

    def test_mechanism_1_asks_for_the_role_that_the_host_asks_for(self):
        self.set_mechanism("1", FILTERING_PARAMETERS[0])
        self.on_day(date(2025, 11, 1))
        with self.assertRaises(AccessError):
            self.add_member(self.officer)
        self.assertFalse(self.cycle.attendance_run_ids)

    def test_mechanism_1_and_other_criteria(self):
        """All of them: who fails the others is not added. Any of them: attendance may still be met."""
        self.set_mechanism("1", FILTERING_PARAMETERS[0])
        self.on_day(date(2025, 10, 31))
        compliance = self.env["spp.compliance.manager.default"].create(
            {"program_id": self.program.id, "compliance_cel_expression": "[('name', '=', 'Nobody')]"}
        )
        self.env["spp.compliance.manager"].create(
            {"program_id": self.program.id, "manager_ref_id": f"{compliance._name},{compliance.id}"}
        )
        self.assertFalse(self.add_member())
        self.cycle.attendance_combination = "any"
        self.assertEqual(len(self.add_member()), 1)

    def test_mechanism_2_filters_when_entitlements_are_prepared(self):
        for name in FILTERING_PARAMETERS:
            with self.subTest(name):
                self.set_mechanism("2", name)
                self.on_day(date(2025, 11, 1))
                self.assertEqual(self.add_member(self.officer).state, "enrolled", "not when members are added")
                self.assertFalse(self.cycle.attendance_run_ids.filtered(lambda run: run.state == "applied"))
                self.cycle.prepare_entitlement()
                self.env.invalidate_all()
                run = self.cycle.attendance_run_ids[:1]
                self.assertEqual(run.state, "applied")
                self.assertEqual(self.cycle.entitlement_ids.partner_id, self.people[0])
                self.cycle.entitlement_ids.unlink()
                run.action_revert()

    def test_the_name_of_the_host_s_code_wins(self):
        parameters = self.env["ir.config_parameter"]
        for values, mechanism in ((("1", "2"), "1"), (("0", "2"), "2"), ((False, "1"), "1"), (("9", False), "0")):
            for name, value in zip(FILTERING_PARAMETERS, values, strict=True):
                parameters.set_param(name, value)
            self.assertEqual(self.env["spp.cycle"]._attendance_filtering_mechanism(), mechanism)
            self.assertEqual(self.env["spp.cycle"]._get_filtering_mechanism(), mechanism, "as the host says")
