# Part of the SPP attendance suite. LGPL-3.
"""Facts that come after the decision: noted, reported with people and money, and followed as far as is allowed."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.spp_integrity import with_guarded
from odoo.addons.spp_integrity.tests.common import database_at

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestLateData(AttendanceComplianceCase):
    """Five people attend 5, 4, 3, 0 and 0 of five sessions; 80 % are required and 120.00 are paid."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program.entitlement_manager_ids.manager_ref_id.amount_per_cycle = 120

    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 0, 0)

    def apply_and_prepare(self):
        run = self.decide()
        run.action_apply()
        self.memberships.invalidate_recordset()
        self.cycle.prepare_entitlement()
        return run

    def mark(self, person, numbers, code):
        """Correct the marks of a person in some sessions after they were submitted."""
        marks = self.sessions.attendance_ids.filtered(
            lambda mark: mark.participant_id == person and mark.session_id in self.sessions[numbers]
        )
        status = self.env["spp.attendance.status"]._by_code(code)
        with_guarded(marks, attendance_change_reason="Paper list found").status_id = status
        self.env.flush_all()

    def late_data(self, user=None):
        action = self.rpc(user or self.officer, self.cycle, "action_attendance_late_data")
        return self.env[action["res_model"]].browse(action["res_id"])

    # --- the ledger

    def test_the_ledger_follows_statuses_and_policies_at_once(self):
        """What a run counts and what statistics show is the same, whoever changed what a mark counts for."""
        self.mark(self.people[1], slice(0, 3), "late")
        self.mark(self.people[2], slice(0, 2), "excused")
        codes = self.env["spp.attendance.status"]._by_code
        policy = self.sessions.applied_policy_id
        for record, values in (
            (codes("present"), {"weight": 0.5}),
            (codes("absent"), {"is_in_denominator": False}),
            (codes("excused"), {"is_attended": True}),
            (codes("late"), {"kind": "present"}),
            (codes("late"), {"kind": "late"}),
            (policy, {"late_counting": "weight", "late_weight": 0.25}),
            (policy, {"late_counting": "absences", "lates_per_absence": 2}),
            (policy, {"excused_counting": "weight", "excused_weight": 0.75}),
        ):
            with self.subTest(record=record.display_name, values=values):
                record.write(values)
                self.env.flush_all()
                columns = SQL("partner_id, is_attended, is_excused, weight, is_in_denominator, lates_per_absence")
                of_people = SQL("partner_id = ANY(%s)", self.people.ids)
                shown, kept = (
                    sorted(self.env.execute_query(SQL("SELECT %s FROM %s WHERE %s", columns, relation, of_people)))
                    for relation in (
                        SQL(
                            "(SELECT partner_id, is_attended, is_excused, weight, is_counted AS is_in_denominator,"
                            " lates_per_absence FROM spp_attendance_fact) fact"
                        ),
                        SQL("spp_event_attendance"),
                    )
                )
                self.assertEqual(len(kept), 25)
                self.assertEqual(kept, shown)

    # --- the report

    def test_report_names_people_and_money(self):
        self.apply_and_prepare()
        self.cycle.state = "approved"
        for numbers in (slice(0, 5),):
            for person in self.people[2:]:
                self.mark(person, numbers, "present")
        self.mark(self.people[0], slice(0, 2), "absent")
        run = self.late_data()
        self.assertEqual((run.kind, run.state, run.user_id), ("difference", "decided", self.officer))
        self.assertEqual((run.gaining_count, run.losing_count), (3, 1))
        self.assertEqual(
            (run.usual_amount, run.amount_difference), (120, 240), "3 x 120 less the 120 of the one who loses"
        )
        self.assertIn("would change 4 people, about +", run.difference_text)
        self.assertIn("240.00", run.difference_text)
        changed = run.decision_ids.filtered("is_changed")
        self.assertEqual(changed.partner_id, self.people[0] | self.people[2:])
        self.assertEqual(
            self.memberships.mapped("state"), ["enrolled"] * 2 + ["non_compliant"] * 3, "nothing is written"
        )

    def test_what_was_cancelled_costs_nothing(self):
        self.apply_and_prepare()
        self.cycle.entitlement_ids.filtered(lambda rec: rec.partner_id == self.people[0]).state = "cancelled"
        self.mark(self.people[0], slice(0, 2), "absent")
        self.assertEqual(self.late_data().amount_difference, 0)

    def test_nothing_changed(self):
        self.apply_and_prepare()
        run = self.late_data()
        self.assertEqual((run.changed_count, run.difference_text), (0, "would change nobody"))

    def test_it_judges_by_the_requirement_that_was_applied(self):
        self.apply_and_prepare()
        self.cycle.attendance_threshold = 100
        self.assertEqual(self.late_data().changed_count, 0)

    # --- the correction

    def test_correction_while_the_cycle_is_open(self):
        self.apply_and_prepare()
        self.mark(self.people[2], slice(0, 5), "present")
        run = self.late_data()
        run.with_user(self.manager).action_apply()
        self.memberships.invalidate_recordset()
        self.assertEqual((self.memberships[2].state, self.memberships[2].number_of_attendance), ("enrolled", 5))
        self.cycle.prepare_entitlement()
        self.assertEqual(self.cycle.entitlement_ids.partner_id, self.people[:3])
        run.action_revert()
        self.memberships.invalidate_recordset()
        self.assertEqual(self.memberships[2].state, "non_compliant")

    def test_plain_refusal_later(self):
        self.apply_and_prepare()
        for state in ("approved", "distributed", "ended"):
            self.cycle.state = state
            run = self.late_data()
            with self.assertRaisesRegex(UserError, "approved or over"):
                run.with_user(self.manager).action_apply()
        self.cycle.state = "cancelled"
        with self.assertRaisesRegex(UserError, "is cancelled"):
            self.late_data()

    def test_nothing_was_applied(self):
        self.decide()
        with self.assertRaisesRegex(UserError, "nothing to compare with"):
            self.late_data()

    def test_a_dispute_run_is_not_what_others_are_compared_with(self):
        self.apply_and_prepare()
        self.mark(self.people[2], slice(0, 5), "present")
        dispute = self.raise_dispute()
        dispute.action_decide_again()
        dispute.action_correct()
        run = self.late_data()
        self.assertEqual((len(run.decision_ids.filtered("last_result")), run.changed_count), (5, 0))

    # --- entitlements that are prepared already

    def entitlements(self):
        self.env.invalidate_all()
        return {entitlement.partner_id: entitlement for entitlement in self.cycle.entitlement_ids}

    def test_who_loses_gets_nothing_of_what_was_prepared(self):
        self.apply_and_prepare()
        self.mark(self.people[0], slice(0, 2), "absent")
        run = self.late_data()
        self.assertEqual((run.losing_count, run.amount_difference), (1, -120))
        self.assertEqual({rec.state for rec in self.entitlements().values()}, {"draft"}, "nothing is written yet")
        run.with_user(self.manager).action_apply()
        first, second = (self.entitlements()[person] for person in self.people[:2])
        self.assertEqual((first.state, first.attendance_run_id), ("cancelled", run))
        self.assertEqual((second.state, second.attendance_run_id.id), ("draft", False))
        self.assertIn("withdrawn: 1, given back: 0", "".join(self.cycle.message_ids.mapped("body")))
        self.cycle.prepare_entitlement()
        self.assertEqual(len(self.entitlements()), 2, "preparing again gives nothing back")
        run.action_revert()
        self.assertEqual((self.entitlements()[self.people[0]].state, first.attendance_run_id.id), ("draft", False))

    def test_who_is_found_compliant_again_gets_it_back_once(self):
        self.apply_and_prepare()
        self.cycle.action_submit_for_approval()
        self.mark(self.people[0], slice(0, 2), "absent")
        self.late_data().action_apply()
        self.assertEqual(self.entitlements()[self.people[0]].state, "cancelled")
        self.later()
        self.mark(self.people[0], slice(0, 2), "present")
        self.late_data().action_apply()
        self.assertEqual(self.entitlements()[self.people[0]].state, "pending_validation")
        self.cycle.prepare_entitlement()
        self.assertEqual(len(self.cycle.entitlement_ids), 2)

    def test_what_a_person_had_cancelled_stays_cancelled(self):
        self.apply_and_prepare()
        self.entitlements()[self.people[0]].state = "cancelled"
        self.mark(self.people[2], slice(0, 5), "present")
        self.late_data().action_apply()
        self.assertEqual(self.entitlements()[self.people[0]].state, "cancelled")

    def test_approved_money_is_not_touched(self):
        self.apply_and_prepare()
        self.cycle.action_submit_for_approval()
        self.cycle.action_approve()
        self.cycle.validate_entitlement()
        self.mark(self.people[0], slice(0, 2), "absent")
        run = self.late_data()
        self.assertEqual((run.losing_count, run.amount_difference), (1, -120), "it is reported")
        with self.assertRaisesRegex(UserError, "approved or over"), self.env.cr.savepoint():
            run.with_user(self.manager).action_apply()
        self.assertEqual({rec.state for rec in self.entitlements().values()}, {"approved"})

    def test_in_kind_follows_too_in_a_fixed_number_of_queries(self):
        product = self.env["product.product"].create({"name": "Rice"})
        self.decide().action_apply()
        self.env["spp.entitlement.inkind"].create(
            [
                {"cycle_id": self.cycle.id, "partner_id": person.id, "product_id": product.id, "quantity": 1}
                for person in self.people
            ]
        )
        counts = []
        for people in (self.people[:1], self.people[:2]):
            for person in people:
                self.mark(person, slice(0, 5), "absent")
            run = self.late_data()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            run._follow_with_entitlements()
            counts.append(self.cr.sql_log_count - before)
            run.action_apply()
        self.env.invalidate_all()
        self.assertEqual(set(self.cycle.inkind_entitlement_ids.mapped("state")), {"cancelled"})
        self.assertLessEqual(counts[1], counts[0])

    # --- open disputes

    def raise_dispute(self, number=2):
        return self.env["spp.attendance.dispute"].create(
            {"decision_id": self.memberships[number].attendance_decision_id.id, "claim": "Was there"}
        )

    def test_late_data_that_prove_the_family_right_answer_the_dispute(self):
        self.apply_and_prepare()
        dispute = self.raise_dispute()
        self.mark(self.people[2], slice(3, 5), "present")
        run = self.late_data()
        self.assertEqual(run.open_dispute_count, 1)
        self.assertEqual(self.env["spp.attendance.dispute"].search(run.action_view_open_disputes()["domain"]), dispute)
        self.assertEqual(dispute.state, "open", "a report answers nothing")
        run.with_user(self.manager).action_apply()
        self.assertEqual((dispute.state, dispute.run_id, dispute.decided_by_id), ("corrected", run, self.manager))
        self.assertIn("5 of 5", dispute.new_explanation)
        self.assertIn("Decided anew for all members", "".join(dispute.message_ids.mapped("body")))
        run.action_revert()
        self.assertEqual((dispute.state, dispute.run_id.id), ("open", False))

    def test_late_data_that_change_nothing_for_the_family_leave_the_dispute_open(self):
        self.apply_and_prepare()
        dispute = self.raise_dispute()
        self.mark(self.people[2], slice(3, 4), "excused")
        self.mark(self.people[4], slice(0, 5), "present")
        run = self.late_data()
        self.assertEqual(run.open_dispute_count, 0, "its result does not change")
        run.action_apply()
        self.assertEqual((dispute.state, dispute.run_id.id), ("open", False))
        self.assertIn("3 of 4", "".join(dispute.message_ids.mapped("body")))
        self.env.invalidate_all()
        decision = self.memberships[2].attendance_decision_id
        self.assertEqual(decision.action_dispute()["res_id"], dispute.id, "there is one open dispute of a membership")
        self.later()
        self.mark(self.people[2], slice(3, 4), "present")
        dispute.action_decide_again()
        dispute.action_correct()
        self.env.invalidate_all()
        self.assertEqual((dispute.state, self.memberships[2].state), ("corrected", "enrolled"))

    # --- noting it at night

    def note(self):
        """Run the scheduled action as if it was the night after the cycle; years later nobody looks any more."""
        with self.enter_registry_test_mode(), database_at("2025-11-01"):
            self.env.ref("spp_attendance_compliance.ir_cron_note_late_attendance").method_direct_trigger()
        self.env.invalidate_all()
        return self.cycle.attendance_late_changes

    def test_cron_notes_whose_facts_changed(self):
        run = self.apply_and_prepare()
        self.later()
        self.assertEqual(self.note(), 0)
        self.mark(self.people[2], slice(3, 5), "present")
        self.mark(self.people[4], slice(0, 1), "present")
        self.assertEqual(self.note(), 2)
        self.assertTrue(run.cycle_id.search_count([("id", "=", self.cycle.id), ("attendance_late_changes", ">", 0)]))
        self.later()
        self.late_data().action_apply()
        self.assertEqual(self.cycle.attendance_late_changes, 0)
        self.assertEqual(self.note(), 0)

    def test_cron_notes_facts_that_left_the_window_or_the_person(self):
        self.apply_and_prepare()
        self.later()
        facts = self.env["spp.event.attendance"].search([("attendance_date", "=", "2025-10-01")])
        facts.filtered(lambda fact: fact.partner_id == self.people[0]).attendance_date = "2025-12-24"
        facts.filtered(lambda fact: fact.partner_id == self.people[3]).partner_id = self.people[1]
        self.env.flush_all()
        self.assertEqual(self.note(), 3, "who lost one, who gave one and who got it")

    def test_cron_does_not_note_what_says_nothing_about_the_attendance(self):
        self.apply_and_prepare()
        self.later()
        self.env["spp.event.attendance"].search([]).has_difference = True
        self.env.flush_all()
        self.assertEqual(self.note(), 0)

    def test_cron_does_not_note_what_a_dispute_has_settled(self):
        self.apply_and_prepare()
        self.later()
        self.mark(self.people[2], slice(3, 5), "present")
        self.later()
        dispute = self.raise_dispute()
        dispute.action_decide_again()
        dispute.action_correct()
        self.assertEqual(self.note(), 0)

    def test_cron_looks_at_the_window_and_the_types_of_the_run(self):
        run = self.apply_and_prepare()
        self.later()
        for person in self.people:
            self.mark(person, slice(0, 1), "excused")
        self.assertEqual(self.note(), 5)
        other = self.env["spp.session.type"].create({"name": "Other"})
        kind = self.env["spp.event.attendance.type"].search([("external_id", "=", str(other.id))])
        for change, noted in (
            ({"types": kind.ids}, 0),
            ({"types": self.env["spp.event.attendance.type"].search([]).ids}, 5),
            ({"to": "2025-09-30", "from": "2025-09-01"}, 0),
        ):
            run.criteria = {**run.criteria, **change}
            self.env.flush_all()
            self.assertEqual(self.note(), noted, change)

    def test_cron_takes_one_statement_for_all_cycles(self):
        self.apply_and_prepare()
        self.env.flush_all()
        before = self.cr.sql_log_count
        self.env["spp.cycle"]._cron_note_late_attendance()
        self.assertLessEqual(self.cr.sql_log_count - before, 1)

    # --- roles

    def test_who_may_ask(self):
        self.apply_and_prepare()
        facilitator = self.make_user("facilitator", "spp_session_tracking.group_session_manager")
        for user in (self.viewer, facilitator):
            with self.assertRaises(AccessError):
                self.late_data(user)
        run = self.late_data(self.officer)
        with self.assertRaises(AccessError):
            self.rpc(self.officer, run, "action_apply")
        with self.assertRaises(AccessError):
            self.rpc(facilitator, run, "read", ["difference_text"])
        self.assertTrue(self.rpc(self.viewer, run, "read", ["difference_text", "summary"]))
        for method in ("_cron_note_late_attendance", "_cron_dry_run_before_the_end", "_start_attendance_follow_up"):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, self.cycle, method)
