# Part of the SPP attendance suite. LGPL-3.
"""Cycles end by themselves once their last day is over where they are, in jobs or by the scheduled action."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo.fields import Domain
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestScheduledEnd(RedemptionCase):
    def _run_cron(self, **context):
        """Run the scheduled action as the scheduler does; its commits are left out of a test."""
        cron = self.env["ir.cron"]
        with patch.object(type(cron), "_commit_progress", lambda *args, **kwargs: float("inf")):
            self.env["spp.cycle"].with_context(**context)._cron_end_cycles()

    def _run_inline(self):
        with patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda self: False):
            self._run_cron()

    def test_the_last_day_is_over_at_local_midnight(self):
        other_program = self.program.copy({"name": "Without a zone"})
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        elsewhere.partner_id.tz = False
        other_program.company_id = elsewhere
        other = self._create_cycle("Elsewhere", program_id=other_program.id, company_id=elsewhere.id)
        cycles = self.cycle + other
        for now, expected in (
            ("2031-03-31 16:59:59", self.env["spp.cycle"]),  # 23:59:59 in Jakarta
            ("2031-03-31 17:00:00", self.cycle),
            ("2031-03-31 23:59:59", self.cycle),
            ("2031-04-01 00:00:00", cycles),
        ):
            with self.subTest(now), freeze_time(now):
                cycles.invalidate_recordset(["is_expired"])
                self.assertEqual(cycles.filtered("is_expired"), expected)
                mine = Domain("id", "in", cycles.ids)
                search = self.env["spp.cycle"].search
                self.assertEqual(search(mine & Domain("is_expired", "=", True), order="id"), expected)
                self.assertEqual(search(mine & Domain("is_expired", "!=", True), order="id"), cycles - expected)
                self.assertEqual(search(mine & Domain("is_expired", "=", False), order="id"), cycles - expected)

    def test_a_cycle_ends_the_day_after_its_last_day(self):
        entitlement = self._create_entitlement(90)
        self._book(self._item(entitlement, 30))
        with freeze_time("2031-03-31 16:59:00"):
            self._run_inline()
            self.assertEqual((self.cycle.state, entitlement.state), ("approved", "approved"))
        with freeze_time("2031-03-31 17:00:00"):
            self._run_inline()
            self.assertEqual((self.cycle.state, entitlement.state), ("ended", "parrdpd2ben"))
            closing = self.cycle.closing_ids
            self._run_inline()
            self.assertEqual(self.cycle.closing_ids, closing)

    def test_only_approved_and_distributed_cycles_end(self):
        cycles = {state: self._create_cycle(state, state=state) for state in ("draft", "to_approve", "cancelled")}
        distributed = self._create_cycle("distributed", state="distributed")
        with self._day_after_end():
            self._run_inline()
        self.assertEqual((self.cycle.state, distributed.state), ("ended", "ended"))
        for state, cycle in cycles.items():
            self.assertEqual(cycle.state, state)

    def test_a_cycle_with_exceptions_waits_for_a_person(self):
        self._create_entitlement(0)
        fine = self._create_cycle("Fine")
        with self._day_after_end():
            self._run_inline()
            closing = self.cycle.closing_ids
            self.assertEqual((self.cycle.state, closing.state, fine.state), ("approved", "exceptions", "ended"))
            ended = closing.ended
        with freeze_time("2031-04-09"):
            self._run_inline()
        self.assertEqual((self.cycle.closing_ids, closing.ended), (closing, ended))

    def test_jobs_do_the_same(self):
        if "queue.job" not in self.env:
            self.assertFalse(self.env["spp.run.later"]._has_job_runner())
            return
        entitlements = [self._create_entitlement(90) for _number in range(3)]
        self._book(*(self._item(entitlement, 90) for entitlement in entitlements))
        closings = type(self.env["spp.cycle.closing"])
        with self._day_after_end(), patch.object(closings, "_CHUNK_SIZE", 1):
            self._run_cron(queue_job__no_delay=True)
        self.assertEqual(self.cycle.state, "ended")
        self.assertEqual([entitlement.state for entitlement in entitlements], ["rdpd2ben"] * 3)
        self.assertEqual(len(self.cycle.closing_ids.change_ids), 3)

    def test_a_cycle_is_enqueued_once(self):
        if "queue.job" not in self.env:
            self.assertFalse(self.env["spp.run.later"]._has_job_runner())
            return
        with self._day_after_end():
            self._run_cron()
            self._run_cron()
        jobs = self.env["queue.job"].search([("identity_key", "=", f"spp-cycle-end-{self.cycle.id}-0")])
        self.assertEqual(len(jobs), 1)
        self.assertEqual(self.cycle.state, "approved")

    def test_a_job_that_comes_too_late_does_nothing(self):
        self.assertEqual(self.cycle._job_end(), "Nothing left to do.")
        self.assertEqual(self.cycle.state, "approved")
        self.assertFalse(self.cycle.closing_ids)

    def test_the_calendar_does_not_expire_what_the_end_of_the_cycle_has_to_settle(self):
        redeemed, untouched = self._create_entitlement(), self._create_entitlement(partner=self.people[1])
        self.assertStored(self._book(self._item(redeemed, 100.0)))
        with freeze_time("2031-04-02 03:00:00"):
            self.env["spp.entitlement"]._gc_mark_expired_entitlement()
            self.assertEqual((redeemed.state, untouched.state), ("approved", "approved"))
            self.cycle.mark_ended()
            self.assertEqual((redeemed.state, untouched.state), ("rdpd2ben", "approved"))
            self.env["spp.entitlement"]._gc_mark_expired_entitlement()
        self.assertEqual((redeemed.state, untouched.state), ("rdpd2ben", "expired"))
