# Part of the SPP attendance suite. LGPL-3.
"""What a decision rested on can be shown and proven, whatever was changed, cancelled or tampered with later."""

from lxml import html

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.spp_integrity import with_guarded
from odoo.addons.spp_integrity.tests.common import open_history

from .common import AttendanceComplianceCase

REPORT = "spp_attendance_compliance.report_attendance_letter"


@tagged("post_install", "-at_install")
class TestEvidence(AttendanceComplianceCase):
    """A decision shows what it rested on, whatever happens to the ledger afterwards."""

    def setUp(self):
        super().setUp()
        self.later()
        self.attend(self.people[0], 3)
        self.attend(self.people[0], 1, "excused", sessions=self.sessions[3:])
        self.sessions.action_submit()
        self.later()
        self.run_record = self.decide()
        self.run_record.action_apply()
        self.finding = self.decision(self.run_record, self.people[0])
        self.later()

    def mark(self, number, code, person=None):
        mark = self.sessions[number].attendance_ids.filtered(
            lambda mark: mark.participant_id == (person or self.people[0])
        )
        status = self.env["spp.attendance.status"]._by_code(code)
        with_guarded(mark, attendance_change_reason="Paper list found").status_id = status
        self.later()

    def shown(self, finding=None):
        finding = finding or self.finding
        finding.invalidate_recordset()
        return [
            (line.event.attendance_date.day, line.event.status_id.code, line.counted, line.since)
            for line in finding._evidence()[finding]
        ]

    def test_as_it_is_now(self):
        self.assertEqual(
            self.shown(),
            [
                (1, "present", "attended, counts 1", ""),
                (2, "present", "attended, counts 1", ""),
                (3, "present", "attended, counts 1", ""),
                (4, "excused", "excused, does not count", ""),
                (5, "absent", "absent, counts 0", ""),
            ],
        )
        self.assertEqual(self.finding.evidence_check, "intact")

    def test_what_was_changed_is_shown_as_it_was_with_time_and_reason(self):
        before = self.shown()
        self.mark(4, "present")
        self.mark(0, "absent")
        after = self.shown()
        self.assertEqual([line[:3] for line in after], [line[:3] for line in before])
        self.assertEqual(after[0][3], "Now: absent, counts 0. Reason: Paper list found")
        self.assertEqual(after[4][3], "Now: attended, counts 1. Reason: Paper list found")
        self.assertEqual([line[3] for line in after[1:4]], ["", "", ""])
        self.assertEqual(self.finding.evidence_check, "changed")
        versions = self.env["spp.event.attendance.version"].search([("partner_id", "=", self.people[0].id)])
        self.assertEqual(len(versions), 2)
        self.assertTrue(all(version.replaced_at > self.finding.create_date for version in versions))
        self.assertEqual(versions.replaced_by_id, self.env.user)

    def test_changed_and_changed_back(self):
        before = self.shown()
        self.mark(4, "present")
        self.mark(4, "absent")
        self.assertEqual(self.shown(), before)
        self.assertEqual(self.finding.evidence_check, "intact")

    def test_cancelled_and_moved_facts(self):
        before = self.shown()
        mark = self.sessions[1].attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0])
        with_guarded(mark, attendance_change_reason="Other child").unlink()
        self.later()
        fact = self.env["spp.event.attendance"].search([("session_id", "=", self.sessions[2].id)])
        fact = fact.filtered(lambda fact: fact.partner_id == self.people[0])
        fact.attendance_date = "2025-12-24"
        self.later()
        after = self.shown()
        self.assertEqual([line[:3] for line in after], [line[:3] for line in before])
        self.assertIn("Cancelled since.", after[1][3])
        self.assertEqual(after[2][3], "Moved to 12/24/2025 since.")
        self.assertEqual(self.finding.evidence_check, "changed")

    def test_what_was_recorded_later_did_not_count(self):
        late = self.roster.generate_sessions("2025-10-08", "2025-10-08", 6.0, 8.0)
        self.attend(self.people[0], 1, sessions=late)
        late.action_submit()
        self.later()
        self.assertEqual(self.shown()[5], (8, "present", "did not count", "Recorded after this decision."))
        self.assertEqual(self.finding.evidence_check, "changed")

    def test_facts_that_belong_to_somebody_else_now(self):
        fact = self.env["spp.event.attendance"].search(
            [("partner_id", "=", self.people[0].id), ("attendance_date", "=", "2025-10-01")]
        )
        fact.partner_id = self.people[1]
        self.later()
        self.assertEqual(self.shown()[0][3], "Belongs to another person now.")
        self.assertEqual(self.finding.evidence_check, "changed")
        other = self.decision(self.run_record, self.people[1])
        self.assertEqual(sum(line[3] == "Recorded after this decision." for line in self.shown(other)), 1)

    def test_the_hash_is_made_anew_by_the_engine_for_that_moment(self):
        kept = {decision: decision.evidence_hash for decision in self.run_record.decision_ids}
        self.assertTrue(self.finding.evidence_hash)
        for number, code in ((4, "present"), (0, "absent"), (1, "excused")):
            self.mark(number, code)
            self.assertEqual(self.run_record.decision_ids._hashes_then(), kept)
        again = self.decision(self.decide(), self.people[0])
        self.assertNotEqual(again.evidence_hash, self.finding.evidence_hash)
        self.assertEqual(again._hashes_then(), {again: again.evidence_hash})

    def test_whatever_became_of_the_membership(self):
        self.memberships[0].state = "paused"
        self.later()
        self.assertEqual(self.finding.evidence_check, "intact")

    def test_a_trace_that_was_tampered_with(self):
        self.mark(0, "absent")
        with open_history(self.env, "spp.event.attendance.version"):
            self.env.cr.execute("UPDATE spp_event_attendance_version SET former = jsonb_set(former, '{weight}', '0.5')")
        self.env.invalidate_all()
        self.assertEqual(self.finding.evidence_check, "unproven")

    def test_a_ledger_that_was_changed_behind_the_trace(self):
        self.env.cr.execute("ALTER TABLE spp_event_attendance DISABLE TRIGGER spp_event_attendance_keep_former")
        self.env.cr.execute("UPDATE spp_event_attendance SET weight = 0.5 WHERE partner_id = %s", [self.people[0].id])
        self.env.cr.execute("ALTER TABLE spp_event_attendance ENABLE TRIGGER spp_event_attendance_keep_former")
        self.env.invalidate_all()
        self.assertEqual(self.finding.evidence_check, "unproven")

    def test_submitting_again_makes_no_version(self):
        self.env["spp.event.attendance"]._sync_sessions(self.sessions)
        self.assertFalse(self.env["spp.event.attendance.version"].search([]))

    def test_a_caller_s_context_does_not_change_who_is_assessed(self):
        cycle = self.cycle.with_context(attendance_as_decided=True)
        self.assertEqual(len(cycle._start_attendance_run().decision_ids), 5)

    def test_ledger_rows_are_never_deleted(self):
        fact = self.env["spp.event.attendance"].search([], limit=1)
        with self.assertRaisesRegex(UserError, "cancelled, not deleted"):
            fact.unlink()

    def test_the_letter_says_what_was_decided_and_what_changed(self):
        self.mark(4, "present")
        self.sessions[0].attendance_ids.filtered(lambda mark: mark.participant_id == self.people[0]).unlink()
        self.later()
        page = html.fromstring(self.env["ir.actions.report"]._render_qweb_html(REPORT, self.finding.ids)[0])
        rows = [" ".join(row.text_content().split()) for row in page.findall(".//tbody/tr")]
        self.assertEqual(len(rows), 5)
        self.assertIn("attended, counts 1 Cancelled since.", rows[0])
        self.assertIn("absent, counts 0 Now: attended, counts 1. Reason: Paper list found", rows[4])
        shown = " ".join(html.fromstring(self.finding.evidence_html).text_content().split())
        self.assertIn("Cancelled since.", shown)

    def test_queries_do_not_grow_with_decisions_and_changes(self):
        def queries(decision_ids):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            decisions = self.env["spp.attendance.decision"].browse(decision_ids)
            decisions.mapped("evidence_check")
            decisions._evidence()
            return self.cr.sql_log_count - before

        decision_ids = self.run_record.decision_ids.ids
        self.assertEqual(queries(decision_ids[:1]), queries(decision_ids))
        self.mark(0, "excused")
        changed_ids = [self.finding.id]
        few = queries(changed_ids)
        for person in self.people[1:]:
            self.mark(0, "excused", person)
        self.assertEqual(queries(decision_ids), few)
