# Part of the SPP attendance suite. LGPL-3.
"""Late transactions change an ended cycle by a correction run, with a trace, and whatever its policy was."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestCorrection(RedemptionCase):
    """After the end late transactions wait in the adjustments list; a correction run books them and follows the rules."""

    def setUp(self):
        super().setUp()
        self.untouched, self.part, self.whole = (self._create_entitlement(90) for _number in range(3))
        self.rice = self._create_inkind(10)
        self.purchase = self._item(self.whole, 90)
        self.assertStored(self._book(self._item(self.part, 30), self.purchase))

    def _late(self, *items, model=None):
        results = self._book(*items, model=model)
        self.assertEqual([result["result"] for result in results], ["late"] * len(items))
        self.env.invalidate_all()

    def _correct(self):
        with patch.object(type(self.env["spp.cycle.closing"]), "_start", lambda closings: None):
            action = self.cycle.with_user(self.manager).action_correct_adjustments()
        while self.cycle._end_step():
            pass
        closing = self.env["spp.cycle.closing"].browse(action["res_id"])
        self.assertEqual((closing.kind, self.cycle.state), ("correction", "ended"))
        return closing

    def _open_adjustments(self):
        return self.env["spp.entitlement.transaction.review"].search(
            [("cycle_id", "=", self.cycle.id), ("state", "=", "open")]
        )

    def test_nothing_changes_before_the_run(self):
        self._end_under("expire")
        self._late(self._item(self.untouched, 40), self._void(self.purchase, 20))
        self.assertEqual([row.state for row in (self.untouched, self.whole)], ["expired", "rdpd2ben"])
        self.assertEqual(len(self._open_adjustments()), 2)
        self.assertEqual(self.cycle.with_user(self.viewer).adjustment_count, 2)

    def test_late_purchases_and_voids_change_the_state_with_a_trace(self):
        self._end_under("expire")
        self._late(self._item(self.untouched, 40), self._item(self.part, 60), self._void(self.purchase, 20))
        self._late(self._item(self.rice, 10), model=self.inkind)
        closing = self._correct()
        self.assertEqual((closing.state, closing.processed_count, closing.progress), ("done", 4, 100))
        self.assertFalse(self._open_adjustments())
        self.assertEqual(
            {
                (
                    row.entitlement_id or row.inkind_entitlement_id,
                    row.old_state,
                    row.new_state,
                    row.expired_value,
                    row.cause,
                )
                for row in closing.change_ids
            },
            {
                (self.untouched, "expired", "parrdpd2ben", 50, "correction"),
                (self.part, "parrdpd2ben", "rdpd2ben", 0, "correction"),
                (self.whole, "rdpd2ben", "parrdpd2ben", 20, "correction"),
                (self.rice, "expired", "rdpd2ben", 0, "correction"),
            },
        )
        self.assertEqual((self.untouched.entitlement_balance, self.untouched.expired_value), (50, 50))
        self.assertEqual(closing.change_ids.user_id, self.manager)

    def test_expired_back_and_forth(self):
        self._end_under("expire")
        purchase = self._item(self.untouched, 90)
        self._late(purchase)
        self._correct()
        self.assertEqual((self.untouched.state, self.untouched.expired_value), ("rdpd2ben", 0))
        self._late(self._void(purchase))
        self._correct()
        self.assertEqual((self.untouched.state, self.untouched.expired_value), ("expired", 90))
        self.assertEqual(
            [row.new_state for row in self.untouched.state_change_ids.sorted("id")], ["expired", "rdpd2ben", "expired"]
        )

    def test_what_ran_out_before_the_end_follows_its_late_transactions_too(self):
        lapsed = self._create_entitlement(90, state="expired")
        self._end_under("keep")
        self.assertEqual((lapsed.state, lapsed.expired_value), ("expired", 0))
        self._late(self._item(lapsed, 90))
        self._correct()
        self.assertEqual(lapsed.state, "rdpd2ben")

    def test_all_voided_after_the_end_and_the_program_keeps_it(self):
        self._end_under("keep")
        self._late(self._void(self.purchase))
        self._correct()
        self.assertEqual((self.whole.state, self.whole.entitlement_balance), ("approved", 90))

    def test_what_was_carried_over_is_gone(self):
        self._end_under("carry_over")
        [refused] = self._book(self._item(self.untouched, 1))
        self.assertEqual((refused["result"], refused["reason_code"]), ("rejected", "above_balance"))
        self.env.invalidate_all()
        self.assertFalse(self._correct().change_ids)
        self.assertEqual((self.untouched.carried_value, self.untouched.entitlement_balance), (90, 90))

    def test_a_late_void_adds_to_what_is_carried_over_until_it_is(self):
        """Once the next cycle has it, what comes back stays as remaining: nothing is entitled twice."""
        self._end_under("carry_over")
        self._late(self._void(self.purchase, 20))
        self._correct()
        self.assertEqual((self.whole.state, self.whole.carried_value), ("parrdpd2ben", 20))
        april = self._create_cycle("April", start_date="2031-04-01", end_date="2031-04-30")
        self._create_entitlement(5, cycle_id=april.id, state="draft")
        while self.cycle._end_step():
            pass
        carried = self.part.carried_to_id
        self.assertEqual((carried.initial_amount, self.whole.carried_to_id.initial_amount), (60, 20))
        purchase = self.part.transaction_ids
        void = self._void(self._item(self.part, 30), 10, purchase_uuid=purchase.transaction_uuid)
        self._late(void)
        self._correct()
        self.assertEqual((self.part.entitlement_balance, self.part.carried_value, self.part.expired_value), (70, 60, 0))
        self.assertEqual(carried.initial_amount, 60)

    def test_what_cannot_be_booked_stays_with_its_reason(self):
        self._end_under("keep")
        self._late(self._item(self.part, 50), self._item(self.untouched, 10))
        self._late(self._item(self.part, 50))
        self._correct()
        self.assertEqual((self.part.entitlement_balance, self.part.state), (10, "parrdpd2ben"))
        left = self._open_adjustments()
        self.assertEqual((left.entitlement_id, left.reason_code), (self.part, "above_balance"))
        self.assertEqual(self.untouched.state, "parrdpd2ben")

    def test_in_chunks_of_the_list(self):
        self._end_under("keep")
        self._late(*(self._item(self.untouched, 10) for _number in range(5)))
        with patch.object(type(self.env["spp.cycle.closing"]), "_CORRECTION_CHUNK_SIZE", 2):
            closing = self._correct()
        self.assertEqual((closing.processed_count, self.untouched.entitlement_balance), (5, 40))
        self.assertEqual(len(self.untouched.state_change_ids), 1)

    def test_an_overdraft_is_an_exception_of_the_correction(self):
        self._end_under("keep")
        self.program.tolerates_overdraft = True
        self._late(self._item(self.part, 100))
        closing = self._correct()
        self.assertEqual((closing.state, closing.exception_ids.reason), ("exceptions", "overdrawn"))
        self.assertEqual((self.part.state, self.part.entitlement_balance), ("parrdpd2ben", -40))
        with patch.object(type(closing), "_start", lambda closings: None):
            closing.exception_ids.with_user(self.manager).waive("The shop was told")
        while self.cycle._end_step():
            pass
        self.assertEqual((closing.state, closing.exception_ids.state), ("done", "waived"))

    def test_the_first_run_keeps_its_trace(self):
        self._end_under("keep")
        first = self.cycle.closing_ids
        before = first.change_ids.read(), first.ended, first.redeemed_count, first.result_hash
        self._late(self._item(self.part, 60))
        second = self._correct()
        self.assertEqual((first.change_ids.read(), first.ended, first.redeemed_count, first.result_hash), before)
        self.assertEqual((second.redeemed_count, first.redeemed_count), (2, 1))
        self.assertNotEqual(second.result_hash, first.result_hash)

    def test_with_nothing_late_nothing_happens(self):
        self._end_under("keep")
        closing = self._correct()
        self.assertEqual((closing.state, closing.total_count), ("done", 0))
        self.assertFalse(closing.change_ids)

    def test_by_the_scheduled_action_alone(self):
        self._end_under("keep")
        self._late(self._item(self.part, 60))
        with (
            patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda cycles: False),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: float("inf")),
        ):
            self.cycle.with_user(self.manager).action_correct_adjustments()
            self.env["spp.cycle"]._cron_end_cycles()
        self.assertEqual((self.part.state, self.cycle.closing_ids[0].state), ("rdpd2ben", "done"))

    def test_who_may_correct(self):
        self._end_under("keep")
        for user in (self.stranger, self.clerk, self.viewer, self.officer, self.validator):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.cycle, "action_correct_adjustments")
        with patch.object(type(self.env["spp.cycle.closing"]), "_start", lambda closings: None):
            for user in (self.approver, self.manager):
                self.rpc(user, self.cycle, "action_correct_adjustments")
        self.assertEqual(len(self.cycle.closing_ids), 2)

    def test_only_an_ended_cycle(self):
        with self.assertRaisesRegex(UserError, "Only a cycle that has ended"):
            self.cycle.with_user(self.manager).action_correct_adjustments()
