# Part of the SPP attendance suite. LGPL-3.
"""Who books, sees transactions and ends cycles, and that there is no way past the booking."""

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import BOOKER, RedemptionCase


@tagged("post_install", "-at_install")
class TestAccess(RedemptionCase):
    def test_who_may_book(self):
        entitlement = self._create_entitlement()
        admin = self.env.ref("base.user_admin")
        both = self.make_user("both", BOOKER, "spp_programs.group_programs_manager")
        for user in (self.clerk, admin, both):
            with self.subTest(user.login):
                [result] = self.rpc(user, self.cash, "book", [self._item(entitlement, 1)])
                self.assertEqual(result["result"], "stored")
        for user in (self.viewer, self.officer, self.validator, self.approver, self.manager, self.stranger):
            for model in (self.cash, self.inkind):
                with self.subTest(user=user.login, model=model._name), self.assertRaises(AccessError):
                    self.rpc(user, model, "book", [self._item(entitlement, 1)])

    def test_booking_is_the_only_way_in(self):
        [result] = self._book(self._item(self._create_entitlement(), 1))
        values = self.cash.browse(result["id"]).copy_data()[0]
        users = (self.clerk, self.viewer, self.officer, self.validator, self.approver, self.manager, self.stranger)
        for user in (*users, self.env.ref("base.user_admin")):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.cash, "create", [{**values, "transaction_uuid": "by hand"}])
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.inkind, "create", [{}])

    def test_who_sees_transactions(self):
        [result] = self._book(self._item(self._create_entitlement(), 1))
        row = self.cash.browse(result["id"])
        for user in (self.clerk, self.viewer, self.officer, self.validator, self.approver, self.manager):
            with self.subTest(user.login):
                self.assertEqual(self.rpc(user, self.cash, "search", [("id", "=", row.id)]), row.ids)
        with self.assertRaises(AccessError):
            self.rpc(self.stranger, row, "read", ["transaction_uuid"])
        other_clerk = self.make_user("other_clerk", BOOKER)
        self.assertFalse(self.rpc(other_clerk, self.cash, "search", [("id", "=", row.id)]))
        with self.assertRaises(AccessError):
            self.rpc(other_clerk, row, "read", ["transaction_uuid"])

    def test_nobody_reaches_over_to_another_company(self):
        entitlement = self._create_entitlement()
        [result] = self._book(self._item(entitlement, 1))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        (self.clerk + self.viewer).write({"company_id": elsewhere.id, "company_ids": [Command.set(elsewhere.ids)]})
        [refused] = self.rpc(self.clerk, self.cash, "book", [self._item(entitlement, 1)])
        self.assertRejected(refused, "no such entitlement")
        self.assertFalse(self.rpc(self.viewer, self.cash, "search", [("id", "=", result["id"])]))

    def test_who_may_end_a_cycle(self):
        for user in (self.viewer, self.officer, self.validator, self.clerk, self.stranger):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, self.cycle, "mark_ended")
        self.assertEqual(self.cycle.state, "approved")
        self.rpc(self.approver, self.cycle, "mark_ended")
        self.assertEqual(self.cycle.state, "ended")
        other = self.cycle.copy({"name": "Other", "start_date": "2031-04-01", "end_date": "2031-04-30"})
        other.state = "distributed"
        self.rpc(self.manager, other, "mark_ended")
        self.assertEqual(other.state, "ended")

    def test_a_cycle_ends_from_the_right_states_only(self):
        for state in ("draft", "to_approve", "cancelled"):
            self.cycle.state = state
            with self.subTest(state), self.assertRaises(UserError):
                self.rpc(self.manager, self.cycle, "mark_ended")
            self.assertEqual(self.cycle.state, state)

    def test_the_end_is_not_written_past_the_rules(self):
        self._create_entitlement()
        with self.assertRaises(UserError):
            self.rpc(self.manager, self.cycle, "write", {"state": "ended"})
        self.assertEqual(self.cycle.state, "approved")

    def test_runs_and_changes_are_read_only(self):
        entitlement = self._create_entitlement()
        self._book(self._item(entitlement, 1))
        self.rpc(self.manager, self.cycle, "mark_ended")
        closing = self.cycle.closing_ids
        change = closing.change_ids
        self.assertEqual(len(change), 1)
        for user in (self.viewer, self.officer, self.validator, self.approver, self.manager):
            with self.subTest(user.login):
                self.assertEqual(self.rpc(user, closing, "read", ["state"])[0]["state"], "done")
                self.assertEqual(self.rpc(user, change, "read", ["new_state"])[0]["new_state"], "parrdpd2ben")
                for record in (closing, change):
                    with self.assertRaises(AccessError):
                        self.rpc(user, record.browse(), "create", [{}])
                    with self.assertRaises(UserError):
                        self.rpc(user, record, "write", {"balance": 5} if record == change else {"state": "running"})
                    with self.assertRaises(AccessError):
                        self.rpc(user, record, "unlink")
        for user in (self.stranger, self.clerk):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.rpc(user, closing, "read", ["state"])
        with self.assertRaises(UserError):
            change.write({"balance": 5})
        with self.assertRaises(UserError):
            change.unlink()
