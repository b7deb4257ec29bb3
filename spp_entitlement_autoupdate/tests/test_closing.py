# Part of the SPP attendance suite. LGPL-3.
"""What the end of a cycle makes of its entitlements, in whatever chunks and however often it is started."""

from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestClosing(RedemptionCase):
    def _end(self):
        return self.cycle.with_user(self.manager).mark_ended()

    def _book_cash(self, entitlement, *amounts):
        self.assertStored(self._book(*(self._item(entitlement, amount) for amount in amounts)))
        return entitlement

    def test_each_entitlement_gets_the_state_its_transactions_ask_for(self):
        whole = self._book_cash(self._create_entitlement(90), 30, 30, 30)
        part = self._book_cash(self._create_entitlement(90), 30)
        transferred = self._book_cash(self._create_entitlement(90, state="trans2FSP"), 90)
        untouched = self._create_entitlement(90)
        untouched_transferred = self._create_entitlement(90, state="trans2FSP")
        voided = self._create_entitlement(90)
        purchase = self._item(voided, 40)
        self.assertStored(self._book(purchase, self._void(purchase)))
        rice_whole, rice_part, rice_untouched = (self._create_inkind(10) for _number in range(3))
        self.assertStored(self._book(self._item(rice_whole, 10), self._item(rice_part, 0.25), model=self.inkind))
        self._end()
        self.assertEqual(self.cycle.state, "ended")
        for entitlement, state in (
            (whole, "rdpd2ben"),
            (part, "parrdpd2ben"),
            (transferred, "rdpd2ben"),
            (untouched, "approved"),
            (untouched_transferred, "trans2FSP"),
            (voided, "approved"),
            (rice_whole, "rdpd2ben"),
            (rice_part, "parrdpd2ben"),
            (rice_untouched, "approved"),
        ):
            self.assertEqual(entitlement.state, state)
        self.assertEqual(part.approval_state, "approved")
        self.assertEqual(rice_part.approval_state, "approved")

        closing = self.cycle.closing_ids
        self.assertEqual(closing.state, "done")
        self.assertEqual(closing.user_id, self.manager)
        self.assertEqual(
            (closing.redeemed_count, closing.partial_count, closing.unredeemed_count, closing.exception_count),
            (3, 2, 4, 0),
        )
        self.assertEqual(
            {
                (
                    change.entitlement_id or change.inkind_entitlement_id,
                    change.old_state,
                    change.new_state,
                    change.balance,
                )
                for change in closing.change_ids
            },
            {
                (whole, "approved", "rdpd2ben", 0.0),
                (part, "approved", "parrdpd2ben", 60.0),
                (transferred, "trans2FSP", "rdpd2ben", 0.0),
                (rice_whole, "approved", "rdpd2ben", 0.0),
                (rice_part, "approved", "parrdpd2ben", 9.75),
            },
        )
        self.assertEqual(closing.change_ids.user_id, self.manager)
        self.assertEqual(part.state_change_ids.closing_id, closing)

    def test_settled_entitlements_keep_their_state(self):
        states = ("draft", "pending_validation", "rdpd2ben", "rejected2", "cancelled", "expired")
        entitlements = {state: self._create_entitlement(90, state=state) for state in states}
        nothing = self._create_entitlement(0, state="draft")
        self._end()
        self.assertEqual(self.cycle.state, "ended")
        for state, entitlement in entitlements.items():
            self.assertEqual(entitlement.state, state)
        self.assertEqual(nothing.state, "draft")
        self.assertFalse(self.cycle.closing_ids.change_ids)

    def test_other_cycles_are_not_touched(self):
        other = self._create_cycle("Other")
        entitlement = self._book_cash(self._create_entitlement(90, cycle_id=other.id), 90)
        self._end()
        self.assertEqual(entitlement.state, "approved")

    def test_exceptions_keep_the_cycle_open(self):
        nothing = self._create_entitlement(0)
        overdrawn = self._book_cash(self._create_entitlement(90), 60)
        overdrawn.initial_amount = 50
        self.assertEqual(overdrawn.entitlement_balance, -10)
        whole = self._book_cash(self._create_entitlement(90), 90)
        no_rice = self._create_inkind(0)
        action = self._end()
        closing = self.cycle.closing_ids
        self.assertEqual((action["res_model"], action["res_id"]), ("spp.cycle.closing", closing.id))
        self.assertEqual((self.cycle.state, closing.state, closing.exception_count), ("approved", "exceptions", 3))
        self.assertEqual(
            {(row.entitlement_id or row.inkind_entitlement_id, row.reason) for row in closing.exception_ids},
            {(nothing, "nothing_entitled"), (overdrawn, "overdrawn"), (no_rice, "nothing_entitled")},
        )
        self.assertEqual((nothing.state, overdrawn.state, whole.state), ("approved", "approved", "rdpd2ben"))

        overdrawn.initial_amount = 60
        nothing.state = "cancelled"
        no_rice.state = "cancelled"
        self._end()
        self.assertEqual(self.cycle.state, "ended")
        self.assertEqual(self.cycle.closing_ids, closing)
        self.assertEqual((closing.state, closing.exception_count, closing.redeemed_count), ("done", 0, 2))
        self.assertFalse(closing.exception_ids)
        self.assertEqual(overdrawn.state, "rdpd2ben")

    def test_ending_twice_is_harmless(self):
        self._book_cash(self._create_entitlement(90), 30)
        self._end()
        closing = self.cycle.closing_ids
        stamps = closing.ended, closing.change_ids.ids, self.cycle.write_date
        with freeze_time("2031-04-03"):
            self._end()
            manager = self.cycle.program_id.get_manager(self.cycle.program_id.MANAGER_CYCLE)
            self.assertFalse(manager.with_user(self.manager).check_cycle_entitlements(self.cycle))
        self.assertEqual(self.cycle.closing_ids, closing)
        self.assertEqual((closing.ended, closing.change_ids.ids, self.cycle.write_date), stamps)

    def test_checking_again_before_the_end_changes_what_has_changed(self):
        entitlement = self._create_entitlement(90)
        purchase = self._item(entitlement, 30)
        self._book(purchase)
        manager = self.program.get_manager(self.program.MANAGER_CYCLE)
        first = manager.check_cycle_entitlements(self.cycle)
        self.assertEqual((first.state, entitlement.state), ("done", "parrdpd2ben"))
        self.assertFalse(manager.check_cycle_entitlements(self.cycle).change_ids)
        self._book(self._void(purchase))
        self.assertEqual(entitlement.entitlement_balance, 90)
        third = manager.check_cycle_entitlements(self.cycle)
        self.assertEqual(entitlement.state, "approved")
        self.assertEqual((third.change_ids.old_state, third.change_ids.new_state), ("parrdpd2ben", "approved"))
        self.assertEqual(self.cycle.state, "approved")

    def test_chunks_give_the_same_result_and_a_run_goes_on_where_it_stopped(self):
        entitlements = [self._book_cash(self._create_entitlement(90), 30 * (number % 3 + 1)) for number in range(7)]
        rice = self._create_inkind(10)
        self._book(self._item(rice, 10), model=self.inkind)
        closings = self.env["spp.cycle.closing"]
        with patch.object(type(closings), "_CHUNK_SIZE", 3):
            closing = closings._open(self.cycle)
            self.assertTrue(closing._advance())
            self.assertEqual(len(closing.change_ids), 3)
            self.assertEqual(closing.last_entitlement_id, entitlements[2].id)
            joined = closings._open(self.cycle)
            self.assertEqual(joined, closing)
            # a booking on an entitlement that the run has passed already
            late = self._create_entitlement(90, partner=self.people[1])
            self._book_cash(late, 90)
            self._end()
        self.assertEqual(self.cycle.state, "ended")
        self.assertEqual(self.cycle.closing_ids, closing)
        self.assertEqual(
            [entitlement.state for entitlement in entitlements],
            ["parrdpd2ben", "parrdpd2ben", "rdpd2ben", "parrdpd2ben", "parrdpd2ben", "rdpd2ben", "parrdpd2ben"],
        )
        self.assertEqual((late.state, rice.state), ("rdpd2ben", "rdpd2ben"))
        self.assertEqual(len(closing.change_ids), 9)

    def test_a_late_arrival_behind_the_run_is_counted(self):
        first, second = self._create_entitlement(90), self._create_entitlement(90)
        closings = self.env["spp.cycle.closing"]
        with patch.object(type(closings), "_CHUNK_SIZE", 1):
            closing = closings._open(self.cycle)
            closing._advance()
            self._book_cash(first, 90)
            self._end()
        self.assertEqual((first.state, second.state, self.cycle.state), ("rdpd2ben", "approved", "ended"))

    def test_after_the_end_nothing_is_booked(self):
        entitlement = self._book_cash(self._create_entitlement(90), 30)
        item = self._item(entitlement, 10)
        self._book(item)
        self._end()
        again, late = self._book(item, self._item(entitlement, 10))
        self.assertEqual(again["result"], "duplicate")
        self.assertEqual((late["result"], late["id"], late["reason_code"]), ("late", False, "late"))
        self.assertEqual(entitlement.entitlement_balance, 50)

    def test_ending_takes_as_many_queries_for_many_as_for_few(self):
        sent = []
        for size in (3, 3, 40):
            self.cycle = self._create_cycle(f"Cycle {len(sent)}")
            entitlements = [self._create_entitlement(90, cycle_id=self.cycle.id) for _number in range(size)]
            self._book(*(self._item(entitlement, 30) for entitlement in entitlements))
            with self.queries() as statements:
                self._end()
            sent.append(statements)
            self.assertEqual(self.cycle.closing_ids.partial_count, size)
        self.assertAsMany(sent[2], sent[0], sent[1])

    def test_redeemed_money_counts_as_spent(self):
        self._book_cash(self._create_entitlement(90), 90)
        self._book_cash(self._create_entitlement(60), 10)
        self._create_entitlement(30)
        spent = self.env["spp.entitlement"]._sum_redeemed_funds
        self.assertEqual(spent(self.program.id), 0)
        self._end()
        self.assertEqual(spent(self.program.id), 150)

    def test_the_balance_follows_the_entitled_value(self):
        entitlement = self._book_cash(self._create_entitlement(90), 30)
        entitlement.initial_amount = 100
        self.assertEqual(entitlement.entitlement_balance, 70)

    def test_a_cycle_of_which_something_was_used_is_not_cancelled(self):
        entitlement = self._book_cash(self._create_entitlement(90), 30)
        untouched = self._create_entitlement(60)
        with self.assertRaisesRegex(UserError, "used already: end it instead"):
            self.cycle.mark_cancelled()
        self.assertNotIn("cancelled", (entitlement + untouched).mapped("state"))

    def test_started_and_ended_are_kept(self):
        self._end()
        closing = self.cycle.closing_ids
        self.assertEqual((closing.started, closing.ended), (datetime(2031, 3, 10, 3), datetime(2031, 3, 10, 3)))
