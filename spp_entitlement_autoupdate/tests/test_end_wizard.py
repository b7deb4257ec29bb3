# Part of the SPP attendance suite. LGPL-3.
"""The preview of an end: its figures, its warning, and what confirming starts or joins."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestEndWizard(RedemptionCase):
    """The button shows what the end would do; confirming starts a run that goes on outside of the click."""

    def _wizard(self, cycles=None):
        action = (cycles or self.cycle).with_user(self.manager).action_set_as_ended()
        return self.env[action["res_model"]].with_user(self.manager).browse(action["res_id"])

    def _lines(self, wizard):
        return [
            (line.kind, line.unit, line.outcome, line.entitlement_count, line.initial, line.redeemed, line.balance)
            for line in wizard.line_ids
        ]

    def test_counts_and_sums_by_kind_and_outcome(self):
        for amounts in ((90,), (30, 30), (10,), ()):
            entitlement = self._create_entitlement(90)
            self.assertStored(self._book(*(self._item(entitlement, amount) for amount in amounts)))
        self._create_entitlement(0)
        self._create_entitlement(50, state="draft")
        rice = self._create_inkind(10)
        self.assertStored(self._book(self._item(rice, 2.5), model=self.inkind))
        wizard = self._wizard()
        currency = self.currency.display_name
        self.assertEqual(
            sorted(self._lines(wizard)),
            [
                ("spp.entitlement", currency, "nothing_entitled", 1, 0, 0, 0),
                ("spp.entitlement", currency, "partial", 2, 180, 70, 110),
                ("spp.entitlement", currency, "redeemed", 1, 90, 90, 0),
                ("spp.entitlement", currency, "unredeemed", 1, 90, 0, 90),
                ("spp.entitlement.inkind", "kg", "partial", 1, 10, 2.5, 7.5),
            ],
        )
        self.assertEqual(wizard.exception_count, 1)
        self.assertEqual(wizard.line_ids.filtered("is_exception").outcome, "nothing_entitled")
        self.assertEqual(
            {line.outcome: line.unredeemed_policy for line in wizard.line_ids},
            {"nothing_entitled": False, "partial": "keep", "redeemed": False, "unredeemed": "keep"},
        )
        self.assertEqual((rice.state, self.cycle.state, self.cycle.closing_ids.ids), ("approved", "approved", []))

    def test_several_cycles_by_program(self):
        other_program = self.program.copy({"name": "Other Program", "unredeemed_policy": "expire"})
        other = self._create_cycle("Other", program_id=other_program.id)
        self._create_entitlement(10)
        self._create_entitlement(20, cycle_id=other.id)
        wizard = self._wizard(self.cycle + other)
        self.assertEqual(
            {(line.program_id, line.unredeemed_policy, line.balance) for line in wizard.line_ids},
            {(self.program, "keep", 10), (other_program, "expire", 20)},
        )

    def test_it_warns_before_the_last_day_is_over(self):
        self.assertTrue(self._wizard().is_early)
        with self._day_after_end():
            self.cycle.invalidate_recordset(["is_expired"])
            self.assertFalse(self._wizard().is_early)

    def test_confirming_starts_jobs_or_the_scheduled_action(self):
        self._create_entitlement(90)
        trigger = self.env["ir.cron.trigger"].search_count([])
        wizard = self._wizard()
        if "queue.job" in self.env:
            with patch.object(type(self.env["spp.cycle"]), "_delay_end", autospec=True) as delay:
                wizard.action_confirm()
            self.assertEqual([call.args[0] for call in delay.call_args_list], [self.cycle])
        with patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda cycles: False):
            action = wizard.action_confirm()
        closing = self.cycle.closing_ids
        self.assertEqual((action["res_model"], action["res_id"]), ("spp.cycle.closing", closing.id))
        self.assertEqual((closing.state, closing.user_id, closing.progress), ("running", self.manager, 0))
        self.assertEqual(self.env["ir.cron.trigger"].search_count([]), trigger + 1)
        self.assertEqual(self.cycle.state, "approved")

    def test_without_both_it_works_in_chunks_at_once(self):
        entitlements = [self._create_entitlement(90) for _number in range(3)]
        self.env.ref("spp_entitlement_autoupdate.ir_cron_end_cycles").active = False
        commits = []
        with (
            patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda cycles: False),
            patch.object(
                type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: commits.append(1) or float("inf")
            ),
            patch.object(type(self.env["spp.cycle.closing"]), "_CHUNK_SIZE", 1),
        ):
            self._wizard().action_confirm()
        self.assertEqual((self.cycle.state, len(commits)), ("ended", len(entitlements) + 1))

    def test_a_second_start_joins(self):
        self._create_entitlement(90)
        first, second = self._wizard(), self._wizard()
        with patch.object(type(self.env["spp.cycle.closing"]), "_start", lambda closings: None):
            first.action_confirm()
            self.cycle.closing_ids._advance()
            second.action_confirm()
        self.assertEqual(len(self.cycle.closing_ids), 1)
        self.assertEqual(self.cycle.closing_ids.processed_count, 1)

    def test_what_has_ended_meanwhile_is_not_ended_again(self):
        wizard = self._wizard()
        self.cycle.mark_ended()
        with self.assertRaisesRegex(UserError, "has ended by now"):
            wizard.action_confirm()
        with self.assertRaisesRegex(UserError, "has ended already"):
            self.cycle.with_user(self.manager).action_set_as_ended()

    def test_the_button_replaces_nothing(self):
        """The host's button stays in the view with its groups, out of sight; ours takes its place."""
        arch = self.env["spp.cycle"].get_view(self.env.ref("spp_programs.view_cycle_form").id)["arch"]
        self.assertIn('name="mark_ended"', arch)
        self.assertIn('name="action_set_as_ended"', arch)
