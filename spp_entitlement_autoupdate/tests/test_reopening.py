# Part of the SPP attendance suite. LGPL-3.
"""Reopening a cycle takes its end back, except for what the next cycle has built on."""

from datetime import date
from unittest.mock import patch

from psycopg2.errors import RestrictViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestReopening(RedemptionCase):
    """A manager opens an ended cycle again, with a reason; what the end did is taken back where nothing built on it."""

    def setUp(self):
        super().setUp()
        self.untouched = self._create_entitlement(90)
        self.part = self._create_entitlement(90, state="trans2FSP")
        self.whole = self._create_entitlement(90)
        self.rice = self._create_inkind(10)
        self.purchase = self._item(self.whole, 90)
        self.assertStored(self._book(self._item(self.part, 30), self.purchase))

    def _reopen(self, reason="A box of receipts turned up"):
        action = self.cycle.with_user(self.manager).action_reopen()
        wizard = self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"])
        wizard = wizard.create({"reason": reason})
        used = wizard.used_count
        wizard.action_reopen()
        return used

    def test_numbers_of_cards_and_reasons_can_be_made_anonymous(self):
        self.assertStored(
            self._book(self._item(self.untouched, 10, card_number="4711", receipt_number="R-1", card_type="chip"))
        )
        self.assertAnonymises(self.cash.search([("card_number", "=", "4711")]), "card_number", "receipt_number")
        sold = self._item(self.rice, 2, card_number="4712", receipt_number="R-2")
        self.assertStored(self._book(sold, model=self.inkind))
        self.assertAnonymises(self.inkind.search([("card_number", "=", "4712")]), "card_number", "receipt_number")
        self._end_under("expire")
        self._reopen()
        self.assertAnonymises(self.cycle.reopening_ids, "reason")
        self.assertAnonymises(self.cycle.reopening_ids.change_ids[0])

    def _states(self):
        return [row.state for row in (self.untouched, self.part, self.whole, self.rice)]

    def test_it_leaves_a_trace(self):
        self._end_under("expire")
        closing = self.cycle.closing_ids
        changes = self.env["spp.entitlement.state.change"].search([("cycle_id", "=", self.cycle.id)])
        kept = changes.read(["old_state", "new_state", "date", "user_id"])
        self._reopen()
        self.assertEqual(self.cycle.state, "distributed")
        reopening = self.cycle.reopening_ids
        self.assertEqual((reopening.reason, reopening.user_id), ("A box of receipts turned up", self.manager))
        self.assertIn("A box of receipts turned up", "".join(self.cycle.message_ids.mapped("body")))
        self.assertEqual(
            {
                (row.entitlement_id or row.inkind_entitlement_id, row.old_state, row.new_state, row.cause, row.user_id)
                for row in reopening.change_ids
            },
            {
                (self.untouched, "expired", "approved", "reopening", self.manager),
                (self.part, "parrdpd2ben", "trans2FSP", "reopening", self.manager),
                (self.whole, "rdpd2ben", "approved", "reopening", self.manager),
                (self.rice, "expired", "approved", "reopening", self.manager),
            },
        )
        self.assertEqual(changes.read(["old_state", "new_state", "date", "user_id"]), kept)
        self.assertEqual(closing.state, "done")
        for trace in (reopening, reopening.change_ids[0]):
            with self.assertRaises(UserError):
                trace.write({"user_id": self.env.uid})
            with self.assertRaises(UserError):
                trace.unlink()
            for query in ("UPDATE %s SET user_id = 1 WHERE id = %s", "DELETE FROM %s WHERE id = %s"):
                with self.assertRaisesRegex(RestrictViolation, "never"), mute_logger("odoo.sql_db"):
                    with self.env.cr.savepoint():
                        self.env.cr.execute(SQL(query, SQL.identifier(trace._table), trace.id))

    def test_states_and_values_are_taken_back_and_bookings_go_on(self):
        self._end_under("expire")
        self._reopen()
        self.assertEqual(self._states(), ["approved", "trans2FSP", "approved", "approved"])
        self.assertEqual([row.expired_value for row in (self.untouched, self.part, self.rice)], [0, 0, 0])
        self.assertStored(self._book(self._item(self.untouched, 90), self._void(self.purchase, 20)))
        self._end_under("expire")
        self.assertEqual(self._states(), ["rdpd2ben", "parrdpd2ben", "parrdpd2ben", "expired"])
        self.assertEqual((self.whole.expired_value, self.part.expired_value), (20, 60))
        self.assertEqual(len(self.cycle.closing_ids), 2)

    def test_settled_by_hand_stays(self):
        paid = self._create_entitlement(90, state="rdpd2ben")
        lapsed = self._create_entitlement(90, state="expired")
        self._end_under("expire")
        self._reopen()
        self.assertEqual((paid.state, lapsed.state), ("rdpd2ben", "expired"))

    def _carry(self):
        april = self._create_cycle("April", state="approved", start_date=date(2031, 4, 1), end_date=date(2031, 4, 30))
        self._create_entitlement(90, cycle_id=april.id, state="draft", partner=self.people[1])
        self._end_under("carry_over")

    def test_drafts_that_were_carried_over_are_cancelled(self):
        self._carry()
        carried, rest, goods = (row.carried_to_id for row in (self.untouched, self.part, self.rice))
        self.assertEqual([row.state for row in (carried, rest, goods)], ["draft"] * 3)
        rest.state = "pending_validation"
        self.assertEqual(self._reopen(), 0)
        self.assertEqual([row.state for row in (carried, rest, goods)], ["cancelled"] * 3)
        self.assertFalse(self.untouched.carried_to_id)
        self.assertEqual((self.untouched.carried_value, self.part.carried_value), (0, 0))
        self.assertIn(("draft", "cancelled"), [(row.old_state, row.new_state) for row in carried.state_change_ids])
        self.assertStored(self._book(self._item(self.untouched, 50)))
        self._end_under("carry_over")
        self.assertEqual(self.untouched.carried_to_id.initial_amount, 40)
        self.assertNotEqual(self.untouched.carried_to_id, carried)

    def test_what_the_next_cycle_has_approved_stays_carried_over(self):
        """It stands in the way of nothing: the rest is reopened, and what has gone cannot be had twice."""
        self._carry()
        carried = self.untouched.carried_to_id
        carried.approve_entitlement()
        self.assertEqual(carried.state, "approved")
        self.assertEqual(self._reopen(), 1)
        self.assertEqual((self.untouched.state, self.untouched.carried_value), ("approved", 90))
        self.assertEqual(self.untouched.carried_to_id, carried)
        self.assertEqual((self.part.state, self.part.carried_value), ("trans2FSP", 0))
        self._end_under("carry_over")
        self.assertEqual((self.untouched.state, self.untouched.carried_value), ("expired", 90))
        self.assertEqual(self.untouched.carried_to_id, carried)
        self.assertEqual(carried.initial_amount, 90)

    def test_a_reopened_cycle_waits_for_a_person(self):
        with self._day_after_end():
            self._end_under("keep")
            self._reopen()
            with (
                patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda cycles: False),
                patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: float("inf")),
            ):
                self.env["spp.cycle"]._cron_end_cycles()
                self.assertEqual(self.cycle.state, "distributed")
                self.cycle.with_user(self.manager)._start_runs()
                self.env["spp.cycle"]._cron_end_cycles()
        self.assertEqual(self.cycle.state, "ended")

    def test_only_an_ended_cycle_and_only_with_a_reason(self):
        with self.assertRaisesRegex(UserError, "has not ended"):
            self.cycle.with_user(self.manager).action_reopen()
        self._end_under("keep")
        with self.assertRaisesRegex(UserError, "Say why"):
            self._reopen("  ")
        self.assertEqual(self.cycle.state, "ended")

    def test_not_while_a_correction_is_on_its_way(self):
        self._end_under("keep")
        correction = self.env["spp.cycle.closing"]._open(self.cycle)
        self.assertEqual((correction.kind, correction.state), ("correction", "running"))
        with self.assertRaisesRegex(UserError, "has not come to its end"):
            self._reopen()

    def test_what_ran_out_after_the_end_comes_back_too(self):
        self._end_under("keep")
        with self._day_after_end():
            self.env["spp.entitlement"]._gc_mark_expired_entitlement()
        change = self.untouched.state_change_ids
        self.assertEqual((change.cause, change.new_state, change.expired_value), ("calendar", "expired", 90))
        self.assertEqual(self.untouched.expired_value, 90)
        self._reopen()
        self.assertEqual((self.untouched.state, self.untouched.expired_value), ("approved", 0))

    def test_as_many_queries_for_many_as_for_few(self):
        counts = []
        for size in (2, 2, 30):
            self.cycle = self._create_cycle(f"Cycle {len(counts)}")
            for _number in range(size):
                self._create_entitlement(90, cycle_id=self.cycle.id)
            self._end_under("expire")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._reopen()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[1], counts[2])
