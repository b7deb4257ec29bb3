# Part of the SPP attendance suite. LGPL-3.
"""A disputed decision is decided again, then corrected or refused with a reason, while the cycle is open."""

from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.spp_integrity import with_guarded

from .common import AttendanceComplianceCase


@tagged("post_install", "-at_install")
class TestDispute(AttendanceComplianceCase):
    def setUp(self):
        super().setUp()
        self.attend_and_submit(5, 4, 3, 0, 0)
        self.run_record = self.cycle.with_user(self.manager)._start_attendance_run()
        self.run_record.action_apply()
        self.disputed = self.decision(self.run_record, self.people[2])

    def raise_dispute(self, user, **values):
        values = {"decision_id": self.disputed.id, "claim": "She was there on 4 October", **values}
        return self.rpc_create(user, "spp.attendance.dispute", values)

    def correct_the_mark(self):
        mark = self.sessions[3].attendance_ids.filtered(lambda mark: mark.participant_id == self.people[2])
        with_guarded(mark, attendance_change_reason="Paper list").status_id = self.env[
            "spp.attendance.status"
        ]._by_code("present")

    # --- the way through

    def test_decided_again_and_corrected(self):
        dispute = self.raise_dispute(self.officer)
        self.assertEqual((dispute.raised_by_id, dispute.state), (self.officer, "open"))
        self.assertEqual(dispute.activity_ids.user_id, self.manager, "who applied the run is asked")
        self.correct_the_mark()
        self.rpc(self.manager, dispute, "action_decide_again")
        self.assertEqual(
            (dispute.run_id.kind, dispute.run_id.decision_ids.membership_id), ("dispute", self.memberships[2])
        )
        self.assertIn("3 of 5", dispute.old_explanation)
        self.assertIn("4 of 5", dispute.new_explanation)
        self.assertEqual(self.memberships[2].state, "non_compliant", "nothing is written yet")
        self.rpc(self.manager, dispute, "action_correct")
        self.memberships.invalidate_recordset()
        self.assertEqual((dispute.state, dispute.decided_by_id), ("corrected", self.manager))
        self.assertEqual((self.memberships[2].state, self.memberships[2].number_of_attendance), ("enrolled", 4))
        self.assertEqual(
            self.memberships[3].attendance_decision_id.run_id, self.run_record, "the others are not touched"
        )
        self.assertFalse(dispute.activity_ids)
        self.assertIn("Decided again", "".join(dispute.message_ids.mapped("body")))

    def test_the_same_again_is_refused_with_a_reason(self):
        dispute = self.raise_dispute(self.officer)
        self.rpc(self.manager, dispute, "action_decide_again")
        self.assertFalse(dispute.is_different)
        with self.assertRaisesRegex(UserError, "same as before"):
            self.rpc(self.manager, dispute, "action_correct")
        with self.assertRaisesRegex(UserError, "needs a reason"):
            self.rpc(self.manager, dispute, "action_refuse")
        self.rpc(self.manager, dispute, "write", {"resolution": "The list of 4 October is signed by somebody else."})
        self.rpc(self.manager, dispute, "action_refuse")
        self.assertEqual((dispute.state, dispute.decided_by_id), ("refused", self.manager))
        with self.assertRaisesRegex(UserError, "is closed"):
            self.rpc(self.manager, dispute, "write", {"resolution": "Something else"})
        with self.assertRaisesRegex(UserError, "is closed"):
            self.rpc(self.manager, dispute, "action_decide_again")

    def test_correcting_needs_a_new_decision(self):
        dispute = self.raise_dispute(self.officer)
        with self.assertRaisesRegex(UserError, "Decide again first"):
            self.rpc(self.manager, dispute, "action_correct")

    def test_one_open_dispute_per_decision(self):
        dispute = self.raise_dispute(self.officer)
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.raise_dispute(self.officer)
        self.assertEqual(self.rpc(self.viewer, self.disputed, "action_dispute")["res_id"], dispute.id)
        dispute.resolution = "No"
        dispute.action_refuse()
        self.assertTrue(self.raise_dispute(self.officer))

    def test_only_the_decision_in_force(self):
        dry = self.decide()
        self.disputed = self.decision(dry, self.people[2])
        with self.assertRaisesRegex(UserError, "not in force"):
            self.raise_dispute(self.officer)

    def test_taking_the_correction_back_opens_the_dispute(self):
        dispute = self.raise_dispute(self.officer)
        self.correct_the_mark()
        dispute.action_decide_again()
        dispute.action_correct()
        with self.assertRaisesRegex(UserError, "take that one back first"):
            self.run_record.action_revert()
        dispute.run_id.action_revert()
        self.memberships.invalidate_recordset()
        self.assertEqual((dispute.state, self.memberships[2].state), ("open", "non_compliant"))

    def test_a_correction_is_not_undone_by_an_older_dry_run(self):
        older = self.decide()
        dispute = self.raise_dispute(self.officer)
        self.correct_the_mark()
        dispute.action_decide_again()
        dispute.action_correct()
        with self.assertRaisesRegex(UserError, "newer run"):
            older.action_apply()

    def test_the_second_person_is_asked_here_too(self):
        self.program.attendance_run_approval = True
        dispute = self.raise_dispute(self.officer)
        self.correct_the_mark()
        self.rpc(self.manager, dispute, "action_decide_again")
        with self.assertRaisesRegex(UserError, "approved by a second manager"):
            self.rpc(self.manager, dispute, "action_correct")

    # --- roles

    def test_who_may_do_what(self):
        facilitator = self.make_user("teacher", "spp_session_tracking.group_session_manager")
        for user in (self.viewer, facilitator):
            with self.assertRaises(AccessError):
                self.raise_dispute(user)
        dispute = self.raise_dispute(self.officer)
        self.assertTrue(self.rpc(self.viewer, dispute, "read", ["claim", "old_explanation"]))
        with self.assertRaises(AccessError):
            self.rpc(facilitator, dispute, "read", ["claim"])
        for user in (self.viewer, self.officer, facilitator):
            for method in ("action_decide_again", "action_correct", "action_refuse"):
                with self.assertRaises(AccessError):
                    self.rpc(user, dispute, method)
        for values in (
            {"state": "corrected"},
            {"resolution": "Yes"},
            {"decision_id": self.run_record.decision_ids[0].id},
        ):
            with self.assertRaises(AccessError):
                self.rpc(self.officer, dispute, "write", values)
        self.rpc(self.officer, dispute, "write", {"claim": "Both days"})
        self.rpc(self.officer, dispute, "message_post")
        for values in ({"state": "corrected"}, {"run_id": self.run_record.id}):
            with self.assertRaises(AccessError):
                self.rpc(self.manager, dispute, "write", values)
            with self.assertRaises(AccessError):
                self.raise_dispute(self.manager, **values)
        for user in (self.officer, self.manager):
            with self.assertRaises(AccessError):
                self.rpc(user, dispute, "unlink")
        with self.assertRaisesRegex(UserError, "are kept"):
            dispute.unlink()
