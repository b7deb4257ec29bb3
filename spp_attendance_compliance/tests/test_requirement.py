# Part of the SPP attendance suite. LGPL-3.
"""What a requirement can ask for, where a cycle has it from, and what each of its settings does to the count."""

from datetime import date

from psycopg2.errors import CheckViolation

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_integrity import with_guarded

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestRequirement(AttendanceComplianceCase):
    def new_cycle(self, program=None, name="November 2025", **values):
        return self.make_cycle(program or self.program, "2025-11-01", "2025-11-30", name=name, **values)

    def result(self, person, **requirement):
        self.cycle.write(requirement)
        decision = self.decision(self.decide(), person)
        return decision.result, decision.reason

    # --- where it comes from

    def test_off_by_default(self):
        program = self.env["spp.program"].create({"name": "New", "target_type": "individual"})
        self.assertFalse(self.new_cycle(program).attendance_required)

    def test_switching_it_off_leaves_a_trace_whatever_the_client_says(self):
        self.env.cr.precommit.run()  # what was created just now is not a change
        muted = {"tracking_disable": True, "mail_notrack": True, "mail_create_nolog": True}
        for user, required in ((self.officer, False), (self.manager, True)):
            self.rpc(user, self.cycle, "write", {"attendance_required": required}, context=muted)
            self.env.cr.precommit.run()
            newest = self.cycle.message_ids.sudo()[0]
            self.assertEqual(newest.create_uid, user)
            self.assertEqual(newest.tracking_value_ids.field_id.name, "attendance_required")
            self.assertRefused(user, newest.sudo(False), "unlink", says="stays on record")

    def test_the_program_names_the_usual_requirement(self):
        program = self.env["spp.program"].create(
            {
                "name": "New",
                "target_type": "individual",
                "attendance_required": True,
                "attendance_measure": "days",
                "attendance_threshold": 10,
            }
        )
        cycle = self.new_cycle(program)
        self.assertEqual(
            (cycle.attendance_required, cycle.attendance_measure, cycle.attendance_threshold), (True, "days", 10)
        )
        self.assertFalse(self.new_cycle(program, "Other", attendance_required=False).attendance_required)

    def test_the_next_cycle_asks_for_the_same(self):
        kind = self.env["spp.event.attendance.type"].search([], limit=1)
        self.cycle.write(
            {"attendance_threshold": 75, "attendance_excused": "attended", "attendance_type_ids": [(6, 0, kind.ids)]}
        )
        following = self.new_cycle()
        self.assertEqual(
            (following.attendance_threshold, following.attendance_excused, following.attendance_type_ids),
            (75, "attended", kind),
        )
        self.assertFalse(following.attendance_from or following.attendance_to, "the window is the cycle's own")

    def test_numbers_that_make_no_sense(self):
        for values in (
            {"attendance_group_count": 0},
            {"attendance_group_percentage": 101},
            {"attendance_age_from": 18, "attendance_age_to": 6},
            {"attendance_days_before": -1},
        ):
            with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
                self.cycle.write(values)
                self.cycle.flush_recordset()
        with self.assertRaisesRegex(ValidationError, "choose at least one"):
            self.cycle.attendance_group_rule = "roles"

    # --- excuses

    def test_excused_as_attended_or_absent(self):
        person = self.people[0]
        self.attend(person, 3)
        self.attend(person, 1, "excused", sessions=self.sessions[3:])
        self.sessions.action_submit()
        self.assertEqual(self.result(person), ("non_compliant", "below"), "3 of 4 are 75 %")
        self.assertEqual(self.result(person, attendance_excused="attended"), ("compliant", "met"), "4 of 5")
        self.assertEqual(self.result(person, attendance_excused="absent"), ("non_compliant", "below"), "3 of 5")
        days = {"attendance_measure": "days", "attendance_threshold": 4}
        self.assertEqual(self.result(person, attendance_excused="register", **days), ("non_compliant", "below"))
        self.assertEqual(self.result(person, attendance_excused="attended", **days), ("compliant", "met"))

    def test_an_excuse_that_nobody_decided_yet_makes_nobody_fail(self):
        person, hopeless = self.people[0], self.people[1]
        self.attend(person, 4, sessions=self.sessions[:3])
        teacher = self.env["res.users"].create(
            {
                "login": "teacher",
                "name": "Teacher",
                "group_ids": [(6, 0, [self.env.ref("spp_session_tracking.group_session_user").id])],
            }
        )
        self.sessions.facilitator_id = teacher
        asked = self.env.ref("spp_session_tracking.attendance_reason_other")
        marks = self.env["spp.session.attendance"].with_user(teacher)
        for who, sessions in ((person, self.sessions[3:4]), (hopeless, self.sessions[:1])):
            marks.create(
                [{"session_id": session.id, "participant_id": who.id, "reason_id": asked.id} for session in sessions]
            )
        self.sessions.action_submit()
        self.cycle.attendance_threshold = 75
        run = self.decide()
        decision = self.decision(run, person)
        self.assertEqual((decision.result, decision.reason), ("unknown", "excuse_pending"), "3 of 5, or 3 of 4")
        self.assertEqual(self.decision(run, hopeless).reason, "below", "0 of 5, or 0 of 4")
        self.sessions.attendance_ids.filtered("requested_status_id").sudo().action_grant_excuse()
        self.assertEqual(self.decision(self.decide(), person).result, "compliant")

    # --- late enrolment and late arrivals

    def test_pro_rata_for_late_enrolment(self):
        person = self.people[0]
        self.memberships[0].enrollment_date = date(2025, 10, 3)
        self.attend(person, 2, sessions=self.sessions[3:])
        self.sessions.action_submit()
        self.assertEqual(self.result(person)[0], "non_compliant", "2 of 5")
        self.assertEqual(self.result(person, attendance_prorate=True)[0], "non_compliant", "2 of the 3 since then")
        self.assertEqual(self.result(person, attendance_threshold=66)[0], "compliant")
        number = {"attendance_measure": "sessions", "attendance_to": "2025-10-05", "attendance_threshold": 4}
        decision = self.decision((self.cycle.write(number), self.decide())[1], person)
        self.assertEqual((decision.required, decision.counted), (3, 2), "4 * 3 / 5 days, rounded up")

    def test_several_lates_are_one_absence_in_the_cycle_too(self):
        self.roster.policy_id = self.env["spp.session.policy"].create(
            {"name": "Lates", "late_counting": "absences", "lates_per_absence": 3}
        )
        person = self.people[0]
        self.attend(person, 3, "late")
        self.attend(person, 2, sessions=self.sessions[3:])
        self.sessions.action_submit()
        decision = self.decision(self.decide(), person)
        self.assertEqual((decision.counted, decision.expected, decision.result), (4, 5, "compliant"))
        self.assertEqual(self.result(person, attendance_threshold=81)[0], "non_compliant")

    def test_only_lates_make_up_an_absence(self):
        self.roster.policy_id = self.env["spp.session.policy"].create(
            {"name": "Lates", "late_counting": "absences", "lates_per_absence": 3}
        )
        person = self.people[0]
        self.attend(person, 2, "late")
        self.attend(person, 3, sessions=self.sessions[2:])
        self.sessions.action_submit()
        self.assertEqual(self.decision(self.decide(), person).counted, 5)

    # --- exemptions

    def test_exempt_people_pass_while_the_exemption_holds(self):
        person = self.people[0]
        self.sessions.action_submit()
        exemption = self.env["spp.attendance.exemption"].create(
            {"partner_id": person.id, "program_id": self.program.id, "date_from": "2025-10-01", "reason": "Maternity"}
        )
        self.assertEqual(self.result(person), ("compliant", "exempt"))
        exemption.date_to = "2025-10-30"
        self.assertEqual(self.result(person), ("non_compliant", "below"), "it must hold on the last day")
        exemption.write({"date_to": "2025-10-31", "program_id": False})
        self.assertEqual(self.result(person), ("compliant", "exempt"))
        exemption.active = False
        self.assertEqual(self.result(person), ("non_compliant", "below"))

    def test_an_exemption_of_another_company_holds_there_only(self):
        person = self.people[0]
        self.sessions.action_submit()
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.env["spp.attendance.exemption"].create(
            {"partner_id": person.id, "date_from": "2025-10-01", "reason": "Theirs", "company_id": elsewhere.id}
        )
        self.assertEqual(self.result(person), ("non_compliant", "below"))

    # --- evidence

    def test_equal_evidence_has_equal_hashes(self):
        person = self.people[0]
        self.attend(person, 5)
        self.sessions.action_submit()
        first, second = (self.decision(self.decide(), person).evidence_hash for _run in range(2))
        self.assertEqual(first, second)
        mark = self.sessions[0].attendance_ids.filtered(lambda mark: mark.participant_id == person)
        with_guarded(mark, attendance_change_reason="Paper list").status_id = self.env[
            "spp.attendance.status"
        ]._by_code("absent")
        self.assertNotEqual(self.decision(self.decide(), person).evidence_hash, first)

    def test_changes_against_the_last_run(self):
        person = self.people[0]
        self.attend(person, 4)
        self.sessions.action_submit()
        self.decide().action_apply()
        self.cycle.attendance_threshold = 81
        run = self.decide()
        self.assertEqual((run.changed_count, self.decision(run, person).last_result), (1, "compliant"))
