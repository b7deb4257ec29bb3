# Part of the SPP attendance suite. LGPL-3.
"""Exceptions hold up the end of a cycle until they are put right or waived for the figures of that moment."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestClosingExceptions(RedemptionCase):
    """A cycle ends only when its exceptions are put right or waived with a reason."""

    def setUp(self):
        super().setUp()
        self.nothing = self._create_entitlement(0)
        self.overdrawn = self._create_entitlement(90)
        self.assertStored(self._book(self._item(self.overdrawn, 60)))
        self.overdrawn.initial_amount = 50
        self.whole = self._create_entitlement(90)
        self.assertStored(self._book(self._item(self.whole, 90)))
        self.cycle.with_user(self.manager).mark_ended()
        self.closing = self.cycle.closing_ids

    def _waive(self, rows, reason="Known to the auditor"):
        with patch.object(type(self.closing), "_start", lambda closings: [closing._run() for closing in closings]):
            rows.with_user(self.manager).waive(reason)

    def test_they_hold_up_the_end(self):
        self.assertEqual((self.cycle.state, self.closing.state), ("approved", "exceptions"))
        self.assertEqual((self.closing.exception_count, self.closing.open_exception_count), (2, 2))
        self.assertEqual(self.overdrawn.state, "approved")

    def test_waived_with_a_reason(self):
        first, second = self.closing.exception_ids
        self._waive(first)
        self.assertEqual(
            (first.state, first.waive_reason, first.waived_by_id), ("waived", "Known to the auditor", self.manager)
        )
        self.assertTrue(first.waived_at)
        self.assertEqual((self.closing.open_exception_count, self.closing.state), (1, "exceptions"))
        self.assertEqual(self.cycle.state, "approved")
        started = []
        with patch.object(type(self.closing), "_start", lambda closings: started.append(closings)):
            second.with_user(self.manager).waive("It was agreed")
        self.assertEqual(started, [self.closing])  # the run goes on by itself
        self.cycle.mark_ended()
        self.assertEqual((self.cycle.state, self.closing.state), ("ended", "done"))
        self.assertEqual((self.closing.exception_count, self.closing.open_exception_count), (2, 0))
        self.assertEqual((self.nothing.state, self.overdrawn.state), ("approved", "approved"))
        self.assertEqual((self.overdrawn.expired_value, self.overdrawn.carried_value), (0, 0))
        self.assertIn("It was agreed", "".join(self.cycle.message_ids.mapped("body")))

    def test_without_a_reason_nothing_is_waived(self):
        for reason in ("", "   ", None, 5):
            with self.subTest(reason), self.assertRaisesRegex(UserError, "Say why"):
                self.closing.exception_ids.with_user(self.manager).waive(reason)
        self.assertEqual(set(self.closing.exception_ids.mapped("state")), {"open"})

    def test_a_waiver_holds_for_the_figures_it_was_given_for(self):
        row = self.closing.exception_ids.filtered(lambda row: row.reason == "overdrawn")
        self._waive(row)
        self.overdrawn.initial_amount = 40
        self.cycle.mark_ended()
        row = self.closing.exception_ids.filtered(lambda row: row.reason == "overdrawn")
        self.assertEqual((row.state, row.balance), ("open", -20))

    def test_in_sets_through_the_wizard(self):
        action = self.closing.with_user(self.manager).action_waive()
        wizard = (
            self.env[action["res_model"]]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({"reason": "All known"})
        )
        self.assertEqual(wizard.exception_ids, self.closing.exception_ids)
        before = self.env.cr.sql_log_count
        with patch.object(type(self.closing), "_start", lambda closings: None):
            wizard.action_waive()
        self.assertLess(self.env.cr.sql_log_count - before, 60)
        self.assertEqual(set(self.closing.exception_ids.mapped("waive_reason")), {"All known"})

    def test_put_right_and_checked_again(self):
        self.overdrawn.initial_amount = 60
        self.nothing.state = "cancelled"
        with patch.object(type(self.closing), "_start", lambda closings: None):
            self.closing.with_user(self.manager).action_resume()
        self.assertEqual(self.closing.state, "running")
        while self.cycle._end_step():
            pass
        self.assertEqual((self.cycle.state, self.closing.state, self.overdrawn.state), ("ended", "done", "rdpd2ben"))
        self.assertFalse(self.closing.exception_ids)

    def test_after_the_end_nothing_is_waived_any_more(self):
        first, second = self.closing.exception_ids
        self._waive(first)
        self.closing.sudo().state = "done"
        with self.assertRaisesRegex(UserError, "come to its end"):
            second.with_user(self.manager).waive("Too late")

    def test_voids_above_purchases(self):
        odd = self._create_entitlement(90)
        self.env.flush_all()
        self.env.cr.execute(
            """INSERT INTO spp_entitlement_transactions
                           (transaction_uuid, transaction_type, entitlement_id, cycle_id, timestamp_transaction_created,
                            time_received, currency_id, amount_charged_by_service_point, user_id, purchase_id)
               SELECT 'odd', 'VOID', %s, cycle_id, now(), now(), currency_id, 5, user_id, id
                 FROM spp_entitlement_transactions WHERE entitlement_id = %s""",
            [odd.id, self.whole.id],
        )
        self.env.invalidate_all()
        odd._compute_entitlement_balance()
        self.assertEqual(odd.entitlement_balance, 95)
        self.cycle.mark_ended()
        self.assertIn(
            (odd, "voids_above_purchases", 95),
            [(row.entitlement_id, row.reason, row.balance) for row in self.closing.exception_ids],
        )
        self.assertEqual((odd.state, odd.entitlement_balance), ("approved", 95))

    def test_another_currency_or_unit(self):
        money, rice = self._create_entitlement(90), self._create_inkind(10)
        self.assertStored(self._book(self._item(money, 90)))
        self.assertStored(self._book(self._item(rice, 10), model=self.inkind))
        other = (
            self.env["res.currency"].with_context(active_test=False).search([("id", "!=", self.currency.id)], limit=1)
        )
        self.program.currency_id = other
        rice.uom_id = self.env.ref("uom.product_uom_unit")
        self.cycle.mark_ended()
        self.assertEqual((money.state, rice.state, self.cycle.state), ("approved", "approved", "approved"))
        odd = self.closing.exception_ids.filtered(lambda row: row.reason == "other_currency")
        self.assertEqual((odd.entitlement_id, odd.inkind_entitlement_id), (self.overdrawn + money, rice))
