# Part of the SPP attendance suite. LGPL-3.
"""The run of an end step by step: progress, pauses, bookings in between, and steps that are done again."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.exceptions import ConcurrencyError, UserError
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestClosingRun(RedemptionCase):
    """A run goes on in chunks outside of the click; it can be paused, interrupted and started twice."""

    @contextmanager
    def _chunks_of(self, size):
        with (
            patch.object(type(self.env["spp.cycle.closing"]), "_CHUNK_SIZE", size),
            patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda cycles: False),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: float("inf")),
        ):
            yield

    def _start(self):
        self.cycle.with_user(self.manager)._start_runs()
        return self.cycle.closing_ids

    def _cron(self):
        self.env["spp.cycle"]._cron_end_cycles()

    def test_progress_by_chunk(self):
        for _number in range(3):
            self._create_entitlement(90)
        self._create_inkind(10)
        with self._chunks_of(2):
            closing = self._start()
            seen = [(closing.progress, closing.processed_count)]
            while self.cycle._end_step():
                seen.append((closing.progress, closing.processed_count))
        self.assertEqual(seen, [(0, 0), (50, 2), (75, 3), (100, 4)])
        self.assertEqual((closing.total_count, closing.progress, self.cycle.state), (4, 100, "ended"))

    def test_the_scheduled_action_takes_up_what_a_person_started(self):
        """The last day is not over: only the run that was started makes the cycle end. Nobody has to click again."""
        entitlement = self._create_entitlement(90)
        self._book(self._item(entitlement, 90))
        with self._chunks_of(1):
            closing = self._start()
            self._cron()
        self.assertEqual((self.cycle.state, entitlement.state, closing.state), ("ended", "rdpd2ben", "done"))
        self.assertEqual(closing.change_ids.user_id, self.manager)

    def test_paused_and_resumed(self):
        entitlements = [self._create_entitlement(90) for _number in range(4)]
        self._book(*(self._item(entitlement, 90) for entitlement in entitlements))
        with self._chunks_of(1), self._day_after_end():
            closing = self._start()
            self.cycle._end_step()
            closing.with_user(self.manager).action_pause()
            self._cron()
            self.assertFalse(self.cycle._end_step())
            self.assertEqual(self.cycle._job_end(), "Nothing left to do.")
            self.assertEqual((closing.state, closing.processed_count, self.cycle.state), ("paused", 1, "approved"))
            self.assertEqual([row.state for row in entitlements], ["rdpd2ben"] + ["approved"] * 3)
            with self.assertRaisesRegex(UserError, "Only a run that is running"):
                closing.with_user(self.manager).action_pause()
            closing.with_user(self.manager).action_resume()
            self.assertEqual((closing.state, closing.processed_count), ("running", 1))
            self._cron()
        self.assertEqual((closing.state, self.cycle.state, len(self.cycle.closing_ids)), ("done", "ended", 1))
        self.assertEqual(len(closing.change_ids), 4)

    def test_bookings_during_a_pause_are_counted(self):
        """What the run has settled already counts as open until the cycle has ended."""
        self.program.unredeemed_policy = "expire"
        untouched, whole, part, later = (self._create_entitlement(90) for _number in range(4))
        purchase = self._item(whole, 90)
        self.assertStored(self._book(purchase, self._item(part, 30)))
        with self._chunks_of(3):
            closing = self._start()
            self.cycle._end_step()
            self.assertEqual([row.state for row in (untouched, whole, part)], ["expired", "rdpd2ben", "parrdpd2ben"])
            closing.with_user(self.manager).action_pause()
            self.assertStored(self._book(self._item(untouched, 90), self._void(purchase, 40), self._item(part, 60)))
            self.assertStored(self._book(self._item(later, 10)))
            closing.with_user(self.manager).action_resume()
            self._cron()
        self.assertEqual(
            [(row.state, row.expired_value) for row in (untouched, whole, part, later)],
            [("rdpd2ben", 0), ("parrdpd2ben", 40), ("rdpd2ben", 0), ("parrdpd2ben", 80)],
        )
        self.assertEqual(
            [(change.old_state, change.new_state) for change in untouched.state_change_ids.sorted("id")],
            [("approved", "expired"), ("expired", "rdpd2ben")],
        )

    def test_what_was_paid_by_hand_is_not_open(self):
        paid, lapsed = self._create_entitlement(90, state="rdpd2ben"), self._create_entitlement(90, state="expired")
        for entitlement in (paid, lapsed):
            self.assertFalse(entitlement._is_redeemable())

    def test_all_voided_again_is_what_it_was_before(self):
        transferred = self._create_entitlement(90, state="trans2FSP")
        purchase = self._item(transferred, 90)
        self._book(purchase)
        with self._chunks_of(1):
            self._start()
            self.cycle._end_step()
            self.assertEqual(transferred.state, "rdpd2ben")
            self.assertStored(self._book(self._void(purchase)))
            self._cron()
        self.assertEqual((transferred.state, self.cycle.state), ("trans2FSP", "ended"))

    def test_a_booking_that_was_quicker_than_the_lock_is_never_lost(self):
        """The transaction began before a booking that was committed until it had the lock: it is done again."""
        closing = self.env["spp.cycle.closing"]._open(self.cycle)

        class Outside:
            """What another connection sees: one transaction more."""

            def __enter__(cursor):
                return cursor

            def __exit__(cursor, *args):
                return False

            def execute(cursor, query):
                pass

            def fetchall(cursor):
                return [(1,)]

        with patch.object(type(self.env.registry), "cursor", lambda registry: Outside()):
            with self.assertRaises(ConcurrencyError):
                closing._settle()
            self.assertEqual(self.cycle.with_context(queue_job__no_delay=False)._job_end(), "One chunk done.")
        self.assertEqual(closing.state, "running")
        closing._settle()
        self.assertEqual(closing.state, "done")

    def test_a_step_that_met_another_transaction_is_done_again(self):
        self._create_entitlement(90)
        steps, original = [], type(self.env["spp.cycle"])._end_step

        def end_step(cycle):
            steps.append(cycle)
            if len(steps) == 1:
                raise ConcurrencyError
            return original(cycle)

        with (
            self._chunks_of(10),
            patch.object(type(self.env["spp.cycle"]), "_end_step", end_step),
            patch.object(self.env.cr, "rollback", lambda: None),
        ):
            self._start()
            self._cron()
        self.assertEqual((len(steps), self.cycle.state), (3, "ended"))

    def test_a_cycle_that_cannot_be_ended_does_not_hold_up_the_others(self):
        other = self._create_cycle("Other")
        original = type(self.env["spp.cycle"])._end_step

        def end_step(cycle):
            if cycle == self.cycle:
                raise UserError(cycle.env._("It is broken."))
            return original(cycle)

        with (
            self._chunks_of(10),
            self._day_after_end(),
            patch.object(type(self.env["spp.cycle"]), "_end_step", end_step),
            patch.object(self.env.cr, "rollback", lambda: None),
            self.assertLogs("odoo.addons.spp_entitlement_autoupdate", "WARNING") as logs,
        ):
            self._cron()
        self.assertEqual((self.cycle.state, other.state), ("approved", "ended"))
        self.assertIn("It is broken.", logs.output[0])

    def test_the_scheduled_action_stops_when_its_time_is_over(self):
        for _number in range(3):
            self._create_entitlement(90)
        with self._chunks_of(1), patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kw: 0):
            closing = self._start()
            self._cron()
            self.assertEqual((closing.processed_count, self.cycle.state), (1, "approved"))
            self._cron()
        self.assertEqual(closing.processed_count, 2)

    def test_wrong_stored_balances_are_put_right(self):
        entitlement = self._create_entitlement(90)
        self._book(self._item(entitlement, 90))
        self.env.flush_all()
        self.env.cr.execute("UPDATE spp_entitlement SET entitlement_balance = NULL WHERE id = %s", [entitlement.id])
        self.env.invalidate_all()
        self.cycle.mark_ended()
        self.assertEqual((entitlement.state, entitlement.entitlement_balance), ("rdpd2ben", 0))

    def test_sums_and_hash_are_stored(self):
        entitlement = self._create_entitlement(99.99)
        self._book(*(self._item(entitlement, 33.33) for _number in range(3)))
        self._create_inkind(10)
        self.cycle.mark_ended()
        closing = self.cycle.closing_ids
        cash, goods = closing.reconciliation["outcomes"]
        self.assertEqual(
            (cash["outcome"], cash["count"], cash["initial"], cash["balance"]), ("redeemed", 1, "99.99", "0")
        )
        self.assertEqual((goods["outcome"], goods["count"], goods["balance"]), ("unredeemed", 1, "10"))
        self.assertEqual(len(closing.result_hash), 64)
