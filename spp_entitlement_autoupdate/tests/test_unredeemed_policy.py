# Part of the SPP attendance suite. LGPL-3.
"""What nobody redeemed is kept, expires or is carried over, and is never entitled twice."""

from datetime import date
from unittest.mock import patch

from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestUnredeemedPolicy(RedemptionCase):
    """What is left at the end is kept, expires, or goes to the next cycle: the program decides."""

    def _settle(self, policy):
        """One cash entitlement untouched, one redeemed in part, one wholly, and the same of goods; then the end."""
        self.program.unredeemed_policy = policy
        self.untouched, self.part, self.whole = (self._create_entitlement(90) for _number in range(3))
        self.rice_untouched, self.rice_part, self.rice_whole = (self._create_inkind(10) for _number in range(3))
        self.assertStored(self._book(self._item(self.part, 33.33), self._item(self.whole, 90)))
        self.assertStored(
            self._book(self._item(self.rice_part, 2.5), self._item(self.rice_whole, 10), model=self.inkind)
        )
        self.entitlements = (
            *(self.untouched, self.part, self.whole),
            *(self.rice_untouched, self.rice_part, self.rice_whole),
        )
        self.cycle.with_user(self.manager).mark_ended()
        self.assertEqual(self.cycle.state, "ended")

    def _values(self):
        return [(row.state, row.entitlement_balance, row.expired_value, row.carried_value) for row in self.entitlements]

    def test_keep(self):
        self._settle("keep")
        self.assertEqual(
            self._values(),
            [
                ("approved", 90, 0, 0),
                ("parrdpd2ben", 56.67, 0, 0),
                ("rdpd2ben", 0, 0, 0),
                ("approved", 10, 0, 0),
                ("parrdpd2ben", 7.5, 0, 0),
                ("rdpd2ben", 0, 0, 0),
            ],
        )

    def test_expire(self):
        self._settle("expire")
        self.assertEqual(
            self._values(),
            [
                ("expired", 90, 90, 0),
                ("parrdpd2ben", 56.67, 56.67, 0),
                ("rdpd2ben", 0, 0, 0),
                ("expired", 10, 10, 0),
                ("parrdpd2ben", 7.5, 7.5, 0),
                ("rdpd2ben", 0, 0, 0),
            ],
        )
        change = self.untouched.state_change_ids
        self.assertEqual((change.old_state, change.new_state, change.expired_value), ("approved", "expired", 90))

    def test_carry_over(self):
        self._settle("carry_over")
        self.assertEqual(
            self._values(),
            [
                ("expired", 90, 0, 90),
                ("parrdpd2ben", 56.67, 0, 56.67),
                ("rdpd2ben", 0, 0, 0),
                ("expired", 10, 0, 10),
                ("parrdpd2ben", 7.5, 0, 7),  # half a kilogram of the next cycle cannot be entitled
                ("rdpd2ben", 0, 0, 0),
            ],
        )
        self.assertFalse(self.untouched.carried_to_id)  # there is no next cycle

    def test_settled_ones_keep_their_state_and_nothing_of_them_expires(self):
        self.program.unredeemed_policy = "expire"
        states = ("draft", "pending_validation", "rdpd2ben", "rejected2", "cancelled", "expired")
        entitlements = [self._create_entitlement(90, state=state) for state in states]
        self.cycle.mark_ended()
        self.assertEqual([row.state for row in entitlements], list(states))
        self.assertEqual([row.expired_value for row in entitlements], [0] * 6)
        self.assertFalse(self.cycle.closing_ids.change_ids)

    def test_the_run_keeps_the_choice_it_began_with(self):
        first, second = self._create_entitlement(90), self._create_entitlement(90)
        closings = self.env["spp.cycle.closing"]
        self.program.unredeemed_policy = "expire"
        with patch.object(type(closings), "_CHUNK_SIZE", 1):
            closings._open(self.cycle)._advance()
            self.program.unredeemed_policy = "keep"
            self.cycle.mark_ended()
        self.assertEqual((first.state, second.state), ("expired", "expired"))
        self.assertEqual(self.cycle.closing_ids.unredeemed_policy, "expire")

    def test_what_expired_or_was_carried_over_is_not_spent(self):
        self._settle("expire")
        self.assertEqual(self.env["spp.entitlement"]._sum_redeemed_funds(self.program.id), 123.33)

    def _next_cycle(self, name="April", **values):
        return self._create_cycle(
            name, **{"state": "draft", "start_date": date(2031, 4, 1), "end_date": date(2031, 4, 30), **values}
        )

    def _enrol(self, cycle):
        self.env["spp.cycle.membership"].create(
            [{"partner_id": person.id, "cycle_id": cycle.id, "state": "enrolled"} for person in self.people]
        )
        self.program.get_manager(self.program.MANAGER_ENTITLEMENT).amount_per_cycle = 500

    def test_a_next_cycle_with_entitlements_gets_drafts_at_once(self):
        april = self._next_cycle()
        self._create_entitlement(90, state="draft", cycle_id=april.id, partner=self.people[1])
        self._settle("carry_over")
        for source, value in ((self.untouched, 90), (self.part, 56.67)):
            carried = source.carried_to_id
            self.assertEqual(
                (carried.state, carried.initial_amount, carried.entitlement_balance), ("draft", value, value)
            )
            self.assertEqual((carried.cycle_id, carried.partner_id), (april, self.person))
            self.assertEqual((carried.valid_from, carried.valid_until), (april.start_date, april.end_date))
            self.assertEqual((carried.company_id, carried.carried_from_id), (april.company_id, source))
            self.assertTrue(carried.is_cash_entitlement)
            self.assertRegex(carried.code, r"^[0-9a-f]{16}$")
        self.assertNotEqual(self.untouched.carried_to_id.code, self.part.carried_to_id.code)
        self.assertFalse(self.whole.carried_to_id)
        rice = self.rice_part.carried_to_id
        self.assertEqual(
            (rice.state, rice.quantity, rice.product_id, rice.uom_id), ("draft", 7, self.rice, self.rice.uom_id)
        )
        self.assertEqual(self.rice_untouched.carried_to_id.quantity, 10)
        self.assertIn("carried over from March: 2", "".join(april.message_ids.mapped("body")))

    def test_else_the_drafts_come_when_entitlements_are_prepared(self):
        self._settle("carry_over")
        april = self._next_cycle()
        self._enrol(april)
        self.env["spp.cycle"]._cron_end_cycles()
        self.assertFalse(self.untouched.carried_to_id)
        april.prepare_entitlement()
        own = april.entitlement_ids.filtered(lambda row: not row.carried_from_id)
        self.assertEqual((own.partner_id, set(own.mapped("initial_amount"))), (self.people, {500}))
        self.assertEqual(self.untouched.carried_to_id.cycle_id, april)
        self.assertEqual(len(april.entitlement_ids), 5)
        self.assertEqual(len(april.inkind_entitlement_ids), 2)
        self.env["spp.cycle"]._carry_over_waiting()
        april.prepare_entitlement()
        self.assertEqual((len(april.entitlement_ids), len(april.inkind_entitlement_ids)), (5, 2))

    def test_carrying_over_takes_nothing_from_members_who_come_later(self):
        april = self._next_cycle()
        self._create_entitlement(90, state="draft", cycle_id=april.id, partner=self.people[1])
        self._settle("carry_over")
        self._enrol(april)
        april.prepare_entitlement()
        self.assertEqual(
            april.entitlement_ids.filtered(lambda row: row.initial_amount == 500).partner_id,
            self.people - self.people[1],
        )

    def test_in_chunks_and_by_the_scheduled_action(self):
        self.program.unredeemed_policy = "carry_over"
        april = self._next_cycle()
        self._create_entitlement(90, state="draft", cycle_id=april.id)
        entitlements = [self._create_entitlement(10 + number) for number in range(5)]
        with (
            patch.object(type(self.env["spp.run.later"]), "_has_job_runner", lambda cycles: False),
            patch.object(type(self.env["ir.cron"]), "_commit_progress", lambda *args, **kwargs: float("inf")),
            patch.object(type(self.env["spp.cycle"]), "_CARRY_OVER_CHUNK_SIZE", 2),
            self._day_after_end(),
        ):
            self.env["spp.cycle"]._cron_end_cycles()
        self.assertEqual(self.cycle.state, "ended")
        self.assertEqual([row.carried_to_id.initial_amount for row in entitlements], [10, 11, 12, 13, 14])
        self.assertEqual(len(april.entitlement_ids), 6)

    def test_a_cycle_that_takes_nothing_any_more_is_passed_over(self):
        for name, month, state in (("April", 4, "cancelled"), ("May", 5, "distributed"), ("June", 6, "approved")):
            cycle = self._next_cycle(name, state=state, start_date=date(2031, month, 1), end_date=date(2031, month, 30))
            self._create_entitlement(1, cycle_id=cycle.id, state="cancelled")
        self._settle("carry_over")
        self.assertEqual(self.untouched.carried_to_id.cycle_id, cycle)

    def test_carried_over_once(self):
        april = self._next_cycle()
        self._create_entitlement(90, state="draft", cycle_id=april.id)
        self._settle("carry_over")
        carried = self.untouched.carried_to_id
        carried.state = "cancelled"
        self.assertFalse(self.cycle._carry_over_step())
        self.assertEqual(self.untouched.carried_to_id, carried)
