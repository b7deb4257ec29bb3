# Part of the SPP attendance suite. LGPL-3.
"""What was refused or came too late waits once, word for word, and is decided by managers."""

from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RedemptionCase


@tagged("post_install", "-at_install")
class TestReview(RedemptionCase):
    """What is refused is kept once, word for word, until somebody decides on it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Review = cls.env["spp.entitlement.transaction.review"]
        cls.entitlement = cls._create_entitlement(100)

    def _refuse(self, *items, model=None):
        """Send items that are refused, and return their rows in the review list."""
        before = self.Review.search([])
        results = self._book(*items, model=model)
        self.assertNotIn("stored", [result["result"] for result in results])
        return self.Review.search([]) - before

    def test_each_reason_has_its_code(self):
        other_program = self.env["spp.program"].create({"name": "Other", "target_type": "individual"})
        entitlement = self.entitlement
        self._book(purchase := self._item(entitlement, 40))
        cases = {
            "wrong_beneficiary": self._item(entitlement, 10, partner_id=self.people[1].id),
            "wrong_program": self._item(entitlement, 10, program_id=other_program.id),
            "not_redeemable": self._item(self._create_entitlement(state="draft"), 10),
            "outside_validity": self._item(entitlement, 10, timestamp_transaction_created="2031-02-20T09:00:00+07:00"),
            "not_positive": self._item(entitlement, -1),
            "other_currency": self._item(entitlement, 10, currency="XTS"),
            "above_balance": self._item(entitlement, 60.01),
            "void_above_purchase": self._void(purchase, 40.01),
            "unreadable": self._item(entitlement, "ten"),
            "other": self._item(entitlement, 10, entitlement_id=2**31 - 1),
        }
        results = self._book(*cases.values())
        self.assertEqual([result["reason_code"] for result in results], list(cases))
        for (code, item), result in zip(cases.items(), results, strict=True):
            with self.subTest(code):
                row = self.Review.search([("transaction_uuid", "=", item["transaction_uuid"])])
                self.assertEqual((row.reason_code, row.reason, row.state), (code, result["reason"], "open"))
                self.assertEqual(row.payload, item)
                self.assertEqual((row.kind, row.source, row.user_id), ("cash", "service_point", self.clerk))

    def test_a_row_knows_what_it_is_about(self):
        [row] = self._refuse(self._item(self.entitlement, 101))
        self.assertEqual(row.entitlement_id, self.entitlement)
        self.assertEqual((row.partner_id, row.cycle_id, row.program_id), (self.person, self.cycle, self.program))
        self.assertEqual(row.company_id, self.program.company_id)
        inkind = self._create_inkind(10)
        [row] = self._refuse(self._item(inkind, 11), model=self.inkind)
        self.assertEqual((row.kind, row.inkind_entitlement_id), ("inkind", inkind))

    def test_the_same_refused_item_is_one_row_however_often_it_is_sent(self):
        item = self._item(self.entitlement, 101)
        [row] = self._refuse(item, dict(item), dict(reversed(item.items())))
        self.assertEqual(row.times_received, 3)
        self.assertFalse(self._refuse(item, "nonsense") - self.Review.search([("reason_code", "=", "unreadable")]))
        self.assertEqual(row.times_received, 4)
        self.assertEqual(len(self._refuse({**item, "amount_charged_by_service_point": 102})), 1)

    def test_whatever_is_sent_is_kept(self):
        deep = value = {}
        for _level in range(3000):
            value["x"] = value = {}
        for junk in ("nonsense", 7, None, [], {}, ["a"], {"a\0b": "\ud800\0"}, {"x": "y" * 100_000}, deep, {1: {2}}):
            with self.subTest(type(junk)):
                [row] = self._refuse(junk)
                self.assertEqual(row.reason_code, "unreadable")
                self.assertTrue(row.payload)
        [row] = self._refuse(self._item(self.entitlement, 101, note={"seller": "Ada", "till": [1, 2.5]}))
        self.assertEqual(row.payload["note"], {"seller": "Ada", "till": [1, 2.5]})

    def test_a_repair_books_the_copy_and_keeps_the_original(self):
        item = self._item(self.entitlement, 101)
        [row] = self._refuse(item)
        self.rpc(self.manager, row, "write", {"item_value": "99.99"})
        self.assertEqual(row.payload, item)
        self.assertEqual(row.repaired_payload, {**item, "amount_charged_by_service_point": "99.99"})
        self.rpc(self.manager, row, "action_try_again")
        self.assertEqual((row.state, row.decided_by_id), ("booked", self.manager))
        transaction = row.transaction_id
        self.assertEqual((transaction.amount_charged_by_service_point, transaction.user_id), (99.99, self.clerk))
        self.assertEqual(transaction.time_received, row.received_at)
        self.assertEqual(self.entitlement.entitlement_balance, 0.01)
        # the device knows nothing of the repair and sends it again
        [again] = self._book(item)
        self.assertEqual((again["result"], again["id"]), ("duplicate", transaction.id))
        self.assertEqual(len(self.entitlement.transaction_ids), 1)

    def test_an_unreadable_item_can_be_repaired(self):
        [row] = self._refuse("nonsense")
        self.rpc(
            self.manager,
            row,
            "write",
            {
                "item_uuid": "by hand",
                "item_type": "PURCHASE",
                "item_entitlement_id": str(self.entitlement.id),
                "item_partner_id": str(self.person.id),
                "item_value": "10",
                "item_currency": self.currency.name,
                "item_time": "2031-03-10T09:00:00+07:00",
            },
        )
        self.rpc(self.manager, row, "action_try_again")
        self.assertEqual(row.state, "booked", row.reason)
        self.assertEqual(self.entitlement.entitlement_balance, 90)
        self.assertEqual(row.payload, {"unreadable": '"nonsense"'})

    def test_trying_again_without_repair_waits_for_the_world_to_change(self):
        entitlement = self._create_entitlement(100, state="draft")
        [row] = self._refuse(self._item(entitlement, 10))
        self.rpc(self.manager, row, "action_try_again")
        self.assertEqual((row.state, row.reason_code), ("open", "not_redeemable"))
        entitlement.state = "approved"
        self.rpc(self.manager, row, "action_try_again")
        self.assertEqual(row.state, "booked")
        self.rpc(self.manager, row, "action_try_again")
        self.assertEqual(entitlement.entitlement_balance, 90)

    def test_sending_it_again_settles_it_when_it_fits_now(self):
        entitlement = self._create_entitlement(100, state="draft")
        item = self._item(entitlement, 10)
        [row] = self._refuse(item)
        entitlement.state = "approved"
        [result] = self._book(item)
        self.assertEqual((result["result"], row.state, row.transaction_id.id), ("stored", "booked", result["id"]))

    def test_what_was_dismissed_stays_out(self):
        entitlement = self._create_entitlement(100, state="draft")
        item = self._item(entitlement, 10)
        [row] = self._refuse(item)
        action = self.rpc(self.manager, row, "action_dismiss")
        self.assertEqual(action["res_model"], "spp.entitlement.transaction.dismiss")
        wizard = self.env[action["res_model"]].with_user(self.manager).with_context(**action["context"])
        wizard.create({"reason": "Agreed with the shop"}).action_confirm()
        self.assertEqual((row.state, row.decision_note), ("dismissed", "Agreed with the shop"))
        self.assertEqual(row.decided_by_id, self.manager)
        entitlement.state = "approved"
        [result] = self._book(item)
        self.assertRejected(result, "Agreed with the shop")
        self.assertEqual((row.state, row.times_received), ("dismissed", 2))
        with self.assertRaises(UserError):
            self.rpc(self.manager, row, "action_dismiss", "Again")

    def test_the_decision_is_the_managers_alone(self):
        [row] = self._refuse(self._item(self.entitlement, 101))
        for user in (self.clerk, self.viewer, self.officer, self.validator, self.approver, self.stranger):
            with self.subTest(user.login):
                for method, args in (
                    ("action_try_again", ()),
                    ("action_dismiss", ("No",)),
                    ("write", ({"item_value": "1"},)),
                    ("write", ({"state": "dismissed"},)),
                ):
                    with self.assertRaises(AccessError):
                        self.rpc(user, row, method, *args)
        for vals in ({"state": "booked"}, {"reason": "x"}, {"repaired_payload": {}}, {"times_received": 0}):
            with self.subTest(vals), self.assertRaises(UserError):
                self.rpc(self.manager, row, "write", vals)
        with self.assertRaises(AccessError):
            self.rpc(self.manager, self.Review, "create", [{"kind": "cash"}])
        self.assertEqual((row.state, row.repaired_payload), ("open", False))

    def test_nobody_deletes_or_rewrites_what_was_sent(self):
        [row] = self._refuse(self._item(self.entitlement, 101))
        with self.assertRaises(AccessError):
            self.rpc(self.env.ref("base.user_admin"), row, "unlink")
        for record in (row, row.sudo()):
            with self.assertRaises(UserError):
                record.unlink()
            with self.assertRaises(UserError):
                record.write({"payload": {"x": 1}})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError):
            row.copy()

    def test_who_sees_what(self):
        [row] = self._refuse(self._item(self.entitlement, 101))
        for user in (self.clerk, self.viewer, self.officer, self.validator, self.approver, self.manager):
            with self.subTest(user.login):
                self.assertEqual(self.rpc(user, self.Review, "search", [("id", "=", row.id)]), row.ids)
        with self.assertRaises(AccessError):
            self.rpc(self.stranger, self.Review, "search", [])
        other_clerk = self.make_user("other_clerk", "spp_entitlement_autoupdate.group_entitlement_transactions_booker")
        self.assertFalse(self.rpc(other_clerk, self.Review, "search", [("id", "=", row.id)]))
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.manager.write({"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id})
        self.assertFalse(self.rpc(self.manager, self.Review, "search", [("id", "=", row.id)]))
        with self.assertRaises(AccessError):
            self.rpc(self.manager, row, "action_try_again")
        with self.assertRaises(AccessError):
            self.rpc(self.manager, row, "action_dismiss", "No")

    def test_who_has_areas_sees_and_decides_within_them(self):
        area_type = self.env["spp.area.type"].create({"name": "District"})
        north, south = self.env["spp.area"].create(
            [{"draft_name": name, "area_type_id": area_type.id} for name in ("North", "South")]
        )
        self.person.area_id = north
        [row] = self._refuse(self._item(self.entitlement, 101))
        self.manager.center_area_ids = south
        self.assertFalse(self.rpc(self.manager, self.Review, "search", [("id", "=", row.id)]))
        for method, args in (("action_try_again", ()), ("action_dismiss", ("No",)), ("write", ({"item_value": "1"},))):
            with self.subTest(method), self.assertRaises(AccessError):
                self.rpc(self.manager, row, method, *args)
        self.manager.center_area_ids = north
        self.assertEqual(self.rpc(self.manager, self.Review, "search", [("id", "=", row.id)]), row.ids)

    def test_a_row_names_no_entitlement_of_another_company(self):
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        self.clerk.write({"company_ids": [(6, 0, elsewhere.ids)], "company_id": elsewhere.id})
        [row] = self._refuse(self._item(self.entitlement, 1))
        self.assertEqual((row.reason_code, row.company_id), ("other", elsewhere))
        self.assertFalse(row.entitlement_id or row.partner_id or row.cycle_id)


@tagged("post_install", "-at_install")
class TestLate(RedemptionCase):
    """What comes in after the end of its cycle waits for a correction."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Review = cls.env["spp.entitlement.transaction.review"]
        cls.entitlement = cls._create_entitlement(100)

    def _end(self):
        self.cycle.with_user(self.manager).mark_ended()
        self.assertEqual(self.cycle.state, "ended")

    def _adjustments(self):
        domain = self.env.ref("spp_entitlement_autoupdate.action_spp_entitlement_transaction_adjustments").domain
        self.assertEqual(domain, "[('reason_code', '=', 'late'), ('state', '=', 'open')]")
        return self.Review.search([("reason_code", "=", "late"), ("state", "=", "open")])

    def test_a_late_purchase_and_a_late_void_are_adjustments(self):
        purchase = self._item(self.entitlement, 40)
        self._book(purchase)
        self._end()
        results = self._book(self._item(self.entitlement, 60), self._void(purchase))
        self.assertEqual([result["result"] for result in results], ["late", "late"])
        self.assertIn("has ended", results[0]["reason"])
        self.assertEqual(self.entitlement.entitlement_balance, 60)
        rows = self._adjustments()
        self.assertEqual(len(rows), 2)
        self.assertEqual((rows.cycle_id, rows.entitlement_id), (self.cycle, self.entitlement))

    def test_what_would_be_refused_anyhow_is_no_adjustment(self):
        self._end()
        results = self._book(
            self._item(self.entitlement, 101),
            self._item(self.entitlement, 1, partner_id=self.people[1].id),
            self._item(self._create_entitlement(state="cancelled"), 1),
        )
        self.assertEqual(
            [result["reason_code"] for result in results], ["above_balance", "wrong_beneficiary", "not_redeemable"]
        )
        self.assertFalse(self._adjustments())

    def test_a_correction_books_them(self):
        purchase = self._item(self.entitlement, 40)
        self._book(purchase)
        self._end()
        late, above = self._item(self.entitlement, 50), self._item(self.entitlement, 60)
        self._book(late, above, self._void(purchase))
        rows = self._adjustments()
        failed = self.cash.sudo()._book_late(rows)
        # purchases in the order they came in, then voids
        refused = rows.filtered(lambda row: row.transaction_uuid == above["transaction_uuid"])
        self.assertEqual(failed, {refused: refused.reason})
        self.assertEqual((refused.state, refused.reason_code), ("open", "above_balance"))
        self.assertEqual(set((rows - refused).mapped("state")), {"booked"})
        self.assertEqual(self.entitlement.entitlement_balance, 50)
        [again] = self._book(late)
        self.assertEqual(again["result"], "duplicate")
        self.assertFalse(self.cash.sudo()._book_late(self.cash.sudo().env[rows._name]))

    def test_a_correction_books_on_what_the_end_has_settled(self):
        self._book(purchase := self._item(self.entitlement, 100))
        inkind = self._create_inkind(10)
        self._book(self._item(inkind, 10), model=self.inkind)
        self._end()
        self.assertEqual((self.entitlement.state, inkind.state), ("rdpd2ben", "rdpd2ben"))
        self._book(self._void(purchase, 30))
        self.assertFalse(self.cash.sudo()._book_late(self._adjustments()))
        self.assertEqual(self.entitlement.entitlement_balance, 30)

    def test_a_void_of_a_late_purchase_waits_with_it(self):
        self._end()
        first, second = self._item(self.entitlement, 40), self._item(self.entitlement, 30)
        self._book(first)
        results = self._book(self._void(first), second, self._void(second, 10))
        self.assertEqual([result["result"] for result in results], ["late"] * 3)
        self.assertFalse(self.cash.sudo()._book_late(self._adjustments()))
        self.assertEqual(self.entitlement.entitlement_balance, 80)

    def test_trying_a_late_one_again_is_no_correction(self):
        self._end()
        self._book(self._item(self.entitlement, 40))
        row = self._adjustments()
        row.with_user(self.manager).action_try_again()
        self.assertEqual((row.state, row.reason_code), ("open", "late"))
        self.cycle.sudo().state = "distributed"
        row.with_user(self.manager).action_try_again()
        self.assertEqual(row.state, "booked")

    def test_a_program_may_tolerate_overdrafts(self):
        [refused] = self._book(self._item(self.entitlement, 101))
        self.assertEqual(refused["reason_code"], "above_balance")
        self.program.tolerates_overdraft = True
        [result] = self._book(self._item(self.entitlement, 130))
        self.assertEqual((result["result"], result["balance"]), ("stored", -30))
        self.assertIn(self.entitlement, self.env["spp.entitlement"].search([("entitlement_balance", "<", 0)]))
        inkind = self._create_inkind(10)
        self.assertStored(self._book(self._item(inkind, 10.5), model=self.inkind))
        self.assertEqual(inkind.entitlement_balance, -0.5)
        self.cycle.with_user(self.manager).mark_ended()
        self.assertEqual(self.cycle.closing_ids.exception_ids.mapped("reason"), ["overdrawn", "overdrawn"])
        self.assertEqual(self.cycle.state, "approved")
