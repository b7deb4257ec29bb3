# Part of the SPP attendance suite. LGPL-3.
"""Faults of existing software at the end of cycles, a test for each that we do not have."""

from unittest.mock import patch

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestPeerWeaknessesClosing(RedemptionCase):
    """Faults that are known from other software that ends cycles, one test for each."""

    def _end(self):
        self.cycle.with_user(self.manager).mark_ended()

    def _redeem(self, entitlement, *amounts):
        self.assertStored(self._book(*(self._item(entitlement, amount) for amount in amounts)))
        return entitlement

    def test_3_01_super_is_called_and_role_and_state_are_checked_on_the_server(self):
        calls = []
        classes = type(self.env["spp.cycle"]).__mro__
        base = next(cls for cls in classes if cls.__module__.endswith("spp_programs.models.cycle"))
        original = base.mark_ended

        def mark_ended(cycles):
            calls.append(cycles)
            return original(cycles)

        with patch.object(base, "mark_ended", mark_ended):
            self._end()
            other = self._create_cycle("In Chunks")
            while other._end_step():
                pass
        self.assertEqual(calls, [self.cycle, other])
        self.assertEqual((self.cycle.state, other.state), ("ended", "ended"))
        draft = self._create_cycle("Draft", state="draft")
        with self.assertRaises(UserError):
            self.rpc(self.manager, draft, "mark_ended")
        with self.assertRaises(AccessError):
            self.rpc(self.officer, draft, "mark_ended")
        view = self.env.ref("spp_programs.view_cycle_form")
        for user, is_there in (
            (self.manager, True),
            (self.approver, True),
            (self.officer, False),
            (self.viewer, False),
        ):
            arch = self.env["spp.cycle"].with_user(user).get_view(view.id)["arch"]
            self.assertEqual('name="action_set_as_ended"' in arch, is_there, user.login)

    def test_3_02_the_last_day_belongs_to_the_cycle_in_the_zone_of_the_program(self):
        """31 March ends at 17:00 UTC in Jakarta; a program may ask for the last day itself, which begins a day before."""
        for moment, now, expected in (
            ("day_after", "2031-03-31 16:59:59", False),
            ("day_after", "2031-03-31 17:00:00", True),
            ("last_day", "2031-03-30 16:59:59", False),
            ("last_day", "2031-03-30 17:00:00", True),
        ):
            self.program.cycle_end_moment = moment
            with self.subTest(moment=moment, now=now), freeze_time(now):
                self.cycle.invalidate_recordset(["is_expired"])
                self.assertEqual(self.cycle.is_expired, expected)
                mine = [("id", "=", self.cycle.id)]
                self.assertEqual(bool(self.env["spp.cycle"].search([*mine, ("is_expired", "=", True)])), expected)
                self.assertEqual(bool(self.env["spp.cycle"].search([*mine, ("is_expired", "=", False)])), not expected)
                self.assertEqual(self.cycle in self.env["spp.cycle"]._to_work_on(), expected)
        self.assertFalse(self.env["spp.cycle"].new({"program_id": self.program.id}).is_expired)

    def test_3_02_a_change_of_the_last_day_or_the_setting_is_seen_at_once(self):
        with freeze_time("2031-03-31 03:00:00"):
            self.cycle.invalidate_recordset(["is_expired"])
            self.assertFalse(self.cycle.is_expired)
            self.program.cycle_end_moment = "last_day"
            self.assertTrue(self.cycle.is_expired)
            self.cycle.end_date = "2031-04-01"
            self.assertFalse(self.cycle.is_expired)

    def test_3_03_only_what_can_be_redeemed_is_touched(self):
        states = (
            "draft",
            "pending_validation",
            "cancelled",
            "rejected1",
            "rejected2",
            "rejected3",
            "expired",
            "rdpd2ben",
        )
        entitlements = [
            create(0, state=state) for state in states for create in (self._create_entitlement, self._create_inkind)
        ]
        self._end()
        self.assertEqual(self.cycle.state, "ended")
        self.assertEqual([row.state for row in entitlements], [state for state in states for _kind in range(2)])

    def test_3_03_nothing_entitled_is_not_redeemed(self):
        nothing = self._create_entitlement(0)
        self._end()
        self.assertEqual((nothing.state, self.cycle.state), ("approved", "approved"))
        self.assertEqual(self.cycle.closing_ids.exception_ids.reason, "nothing_entitled")

    def test_3_04_a_negative_balance_is_an_exception_not_partial(self):
        self.program.tolerates_overdraft = True
        entitlement = self._redeem(self._create_entitlement(90), 100)
        self._end()
        self.assertEqual((entitlement.state, entitlement.entitlement_balance), ("approved", -10))
        self.assertEqual((self.cycle.state, self.cycle.closing_ids.exception_ids.reason), ("approved", "overdrawn"))

    def test_3_08_what_is_left_expires_and_is_released_and_reported(self):
        self.program.unredeemed_policy = "expire"
        untouched, part = self._create_entitlement(90), self._redeem(self._create_entitlement(90), 30)
        self._end()
        self.assertEqual((untouched.state, untouched.expired_value, part.expired_value), ("expired", 90, 60))
        self.assertEqual(self.env["spp.entitlement"]._sum_redeemed_funds(self.program.id), 30)
        self.assertEqual(
            {row["outcome"]: float(row["expired"]) for row in self.cycle.closing_ids.reconciliation["outcomes"]},
            {"partial": 60, "unredeemed": 90},
        )

    def test_3_09_goods_are_settled_like_money(self):
        self.program.unredeemed_policy = "expire"
        whole, part, untouched = (self._create_inkind(10) for _number in range(3))
        self.assertStored(self._book(self._item(whole, 10), self._item(part, 2.25), model=self.inkind))
        self._end()
        self.assertEqual(
            [(row.state, row.expired_value) for row in (whole, part, untouched)],
            [("rdpd2ben", 0), ("parrdpd2ben", 7.75), ("expired", 10)],
        )
        self.assertEqual(len(self.cycle.closing_ids.change_ids), 3)

    def test_3_11_one_statement_for_many_a_summary_and_a_way_back(self):
        entitlements = [self._redeem(self._create_entitlement(90), 30) for _number in range(20)]
        closing = self.env["spp.cycle.closing"]._open(self.cycle)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        closing._advance()
        self.assertLess(self.env.cr.sql_log_count - before, 20)
        self._end()
        self.assertEqual((closing.partial_count, len(closing.change_ids)), (20, 20))
        late = self._item(entitlements[0], 60)
        self.assertEqual([result["result"] for result in self._book(late)], ["late"])
        self.env.invalidate_all()
        with patch.object(type(closing), "_start", lambda closings: None):
            self.cycle.with_user(self.manager).action_correct_adjustments()
        while self.cycle._end_step():
            pass
        self.assertEqual(entitlements[0].state, "rdpd2ben")
        self.env["spp.cycle.reopen.wizard"].with_user(self.manager).create(
            {"cycle_id": self.cycle.id, "reason": "Ended too early"}
        ).action_reopen()
        self.assertEqual((self.cycle.state, entitlements[1].state), ("distributed", "approved"))

    def test_3_12_the_program_decides_what_happens_with_the_rest(self):
        for policy, state in (("keep", "approved"), ("expire", "expired"), ("carry_over", "expired")):
            with self.subTest(policy):
                self.program.unredeemed_policy = policy
                self.cycle = self._create_cycle(policy)
                entitlement = self._create_entitlement(90, cycle_id=self.cycle.id)
                self._end()
                self.assertEqual(entitlement.state, state)
                self.assertEqual(self.cycle.closing_ids.unredeemed_policy, policy)
